import { join } from 'node:path';
import { loadPlatformConfig, type Platform, startPlatform } from '@open-chatgpt/cli';

/** Starts all services in this process, with store and runs below `cwd`. */
export function startEmbeddedPlatform(cwd: string, env: Record<string, string> = {}): Promise<Platform> {
  return startPlatform(
    loadPlatformConfig({
      OPEN_CHATGPT_PORT: '0',
      OPEN_CHATGPT_STORE: join(cwd, 'store'),
      OPEN_CHATGPT_WORK_DIR: cwd,
      OPEN_CHATGPT_LOG_LEVEL: 'fatal',
      OPEN_CHATGPT_DATASETS_FROM_FILES: 'true',
      OPEN_CHATGPT_PIPELINE_FOLDERS: cwd,
      ...env,
    }),
  );
}
