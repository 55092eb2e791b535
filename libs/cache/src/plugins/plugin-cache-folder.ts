import { cacheFolder } from '../cache-folder';

/** Folder of the XLA plugins: `$OPEN_CHATGPT_PLUGIN_CACHE`, by default the folder `plugins` of the project's cache. */
export function pluginCacheFolder(): string {
  return process.env['OPEN_CHATGPT_PLUGIN_CACHE'] || cacheFolder('plugins');
}
