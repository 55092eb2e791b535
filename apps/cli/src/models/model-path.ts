import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../exit-codes';

export type ExportedModel = 'policy' | 'sft' | 'reward';

/**
 * The model that a path means: a run folder means the model of that stage, or, where PPO has not run, that of SFT;
 * any other path means itself.
 * @throws UsageError when it is a run folder without such a model
 */
export function chatModelPath(path: string, preferred: ExportedModel = 'policy'): string {
  const isRun = existsSync(join(path, 'config.yaml')) && !existsSync(join(path, 'config.json'));
  if (!isRun) return path;
  const wanted: ExportedModel[] = preferred === 'policy' ? ['policy', 'sft'] : [preferred];
  for (const name of wanted) {
    const folder = join(path, 'models', name);
    if (existsSync(join(folder, 'config.json'))) return folder;
  }
  throw new UsageError(
    `${path}: the run has no ${wanted.join(' and no ')} model yet; finish that stage first ` +
      `(openchat run ${path} --resume)`,
  );
}
