/** What takes long to load, most of a second in all: commands that need none of it do not wait for it. */
export const platform = () =>
  require('./platform/start-platform') as typeof import('./platform/start-platform');

export const serving = () => require('./platform/serve-models') as typeof import('./platform/serve-models');

export const services = () => require('@open-chatgpt/service') as typeof import('@open-chatgpt/service');

export const messaging = () => require('@open-chatgpt/messaging') as typeof import('@open-chatgpt/messaging');
