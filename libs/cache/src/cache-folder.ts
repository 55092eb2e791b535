import { homedir } from 'node:os';
import { join } from 'node:path';

/** A folder of the project's cache: `$OPEN_CHATGPT_CACHE/<name>`, by default `~/.cache/open-chatgpt/<name>`. */
export function cacheFolder(name: 'models' | 'datasets' | 'peers' | 'plugins'): string {
  return join(process.env['OPEN_CHATGPT_CACHE'] || join(homedir(), '.cache', 'open-chatgpt'), name);
}
