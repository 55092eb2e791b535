import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { descriptorOf, type ModelKind, type PipelineConfig, parsePipeline } from '@open-chatgpt/pipeline';
import { asUsage, UsageError } from '../exit-codes';
import { invocation, shownPath } from '../terminal/invocation';

/** Whether a folder is a run folder; the folder of a model has config.json. */
export function isRunFolder(path: string): boolean {
  return existsSync(join(path, 'config.yaml')) && !existsSync(join(path, 'config.json'));
}

/** The pipeline of a run folder. */
export function readPipeline(folder: string): PipelineConfig {
  const file = join(folder, 'config.yaml');
  return asUsage(() => parsePipeline(readFileSync(file, 'utf8'), file));
}

/**
 * The path of a model: in a run folder, the latest model of a kind or the model of a stage; any other path is returned
 * unchanged.
 * @throws UsageError when a run folder has no such model
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
  if ('kind' in wanted && candidates.length === 0)
    throw new UsageError(
      `${shownPath(path)}: no stage of the run makes a ${wanted.kind.replace('-', ' ')}` +
        (wanted.kind === 'language-model'
          ? `; score answers with its reward model: ${invocation()} score --model ${shownPath(path)}`
          : '; train one with the stage reward'),
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

/** The latest language model of a run folder; any other path is returned unchanged. */
export const languageModelPath = (path: string): string => modelPath(path, { kind: 'language-model' });
