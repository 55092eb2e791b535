/** The services take most of a second to load: commands that need none do not wait for them. */
export const platform = () => require('./start-platform') as typeof import('./start-platform');

export const serving = () => require('./serve-models') as typeof import('./serve-models');
