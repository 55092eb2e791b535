export { cacheFolder } from './cache-folder';
export { type InstalledPlugin, installedPlugin } from './plugins/installed-plugin';
export { type PluginManifest, readManifest, writeManifest } from './plugins/manifest';
export { PINNED_PLUGINS, type PluginKind } from './plugins/pinned-plugins';
export { pluginCacheFolder } from './plugins/plugin-cache-folder';
