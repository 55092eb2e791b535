/** Modules that take most of a second to load: only the commands that use them load them. */
export const platform = () =>
  require('./platform/start-platform') as typeof import('./platform/start-platform');

export const serving = () => require('./platform/serve-models') as typeof import('./platform/serve-models');

export const services = () => require('@open-chatgpt/service') as typeof import('@open-chatgpt/service');

export const messaging = () => require('@open-chatgpt/messaging') as typeof import('@open-chatgpt/messaging');
