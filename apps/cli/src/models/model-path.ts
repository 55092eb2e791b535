import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../exit-codes';
import { invocation, shownPath } from '../terminal/invocation';

export type ExportedModel = 'policy' | 'sft' | 'reward';

/** Whether a folder is that of a run; a model's folder has config.json instead. */
export function isRunFolder(path: string): boolean {
  return existsSync(join(path, 'config.yaml')) && !existsSync(join(path, 'config.json'));
}

/**
 * The model that a path means: a run folder means the model of that stage, or, where PPO has not run, that of SFT;
 * any other path means itself.
 * @throws UsageError when it is a run folder without such a model
 */
export function chatModelPath(path: string, preferred: ExportedModel = 'policy'): string {
  if (!isRunFolder(path)) return path;
  const wanted: ExportedModel[] = preferred === 'policy' ? ['policy', 'sft'] : [preferred];
  for (const name of wanted) {
    const folder = join(path, 'models', name);
    if (existsSync(join(folder, 'config.json'))) return folder;
  }
  throw new UsageError(
    `${shownPath(path)}: the run has no ${wanted.join(' and no ')} model yet; finish that stage first ` +
      `(${invocation()} run ${shownPath(path)} --resume)`,
  );
}
