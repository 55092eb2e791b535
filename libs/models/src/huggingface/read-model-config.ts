import { stat } from 'node:fs/promises';
import type { ModelConfig } from '../config/model-config';
import { hasWeights, readFolderConfig } from './open-folder';
import { openModel } from './open-model';

/**
 * The configuration of a model, for what needs no weights: a folder may have its config.json alone. Where there are weights, their
 * headers are read too, because they say whether the output embedding is shared.
 *
 * @throws ModelFileError when the path, the configuration or the weights are invalid
 */
export async function readModelConfig(path: string): Promise<ModelConfig> {
  const isFolder = (await stat(path).catch(() => null))?.isDirectory() ?? false;
  if (isFolder && !(await hasWeights(path))) return (await readFolderConfig(path, () => undefined)).config;
  const files = await openModel(path);
  await files.close();
  return files.config;
}
