import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { descriptorOf, type ModelKind, type PipelineConfig, parsePipeline } from '@open-chatgpt/pipeline';
import { asUsage, UsageError } from '../exit-codes';
import { invocation, shownPath } from '../terminal/invocation';

/** Whether a folder is that of a run; a model's folder has config.json instead. */
export function isRunFolder(path: string): boolean {
  return existsSync(join(path, 'config.yaml')) && !existsSync(join(path, 'config.json'));
}

/** The pipeline of a run folder. */
export function readPipeline(folder: string): PipelineConfig {
  const file = join(folder, 'config.yaml');
  return asUsage(() => parsePipeline(readFileSync(file, 'utf8'), file));
}

/**
 * The model that a path means: a run folder means the newest model of the kind that its stages made so far, or the one
 * of the stage that is named; any other path means itself.
 * @throws UsageError when it is a run folder without such a model
 */
export function modelPath(path: string, wanted: { kind: ModelKind } | { stage: string }): string {
  if (!isRunFolder(path)) return path;
  const { stages } = readPipeline(path);
  const candidates = stages.filter(({ name, uses }) =>
    'stage' in wanted ? name === wanted.stage : descriptorOf(uses).makes === wanted.kind,
  );
  if ('stage' in wanted && candidates.length === 0)
    throw new UsageError(
      `${shownPath(path)}: there is no stage "${wanted.stage}"; the stages are ${stages.map(({ name }) => name).join(', ')}`,
    );
  for (const { name } of candidates.toReversed()) {
    const folder = join(path, 'models', name);
    if (existsSync(join(folder, 'config.json'))) return folder;
  }
  const what = 'stage' in wanted ? `model of the stage ${wanted.stage}` : wanted.kind.replace('-', ' ');
  throw new UsageError(
    `${shownPath(path)}: the run has no ${what} yet; finish the stage that makes it first ` +
      `(${invocation()} run ${shownPath(path)} --resume)`,
  );
}

/** The newest language model of a run folder; any other path means itself. */
export const languageModelPath = (path: string): string => modelPath(path, { kind: 'language-model' });
