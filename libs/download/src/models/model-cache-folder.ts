import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder for downloaded models: `$OPEN_CHATGPT_CACHE/models`, by default `~/.cache/open-chatgpt/models`. */
export function modelCacheFolder(): string {
  return join(process.env['OPEN_CHATGPT_CACHE'] || join(homedir(), '.cache', 'open-chatgpt'), 'models');
}
