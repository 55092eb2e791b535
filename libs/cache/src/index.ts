export { cacheFolder } from './cache-folder';
export { installedPlugin } from './plugins/installed-plugin';
