import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openGguf } from '../gguf/open-gguf';
import { ModelFileError } from '../weights/model-file-error';
import type { ModelFiles } from './model-files';
import { openFolder } from './open-folder';

/**
 * Opens a model: a folder in Hugging Face's layout, a .gguf file, or one .safetensors file whose folder holds its
 * config.json. Reads only the headers; the caller closes the model.
 *
 * @throws ModelFileError when the path, the configuration or the weights are invalid
 */
export async function openModel(path: string): Promise<ModelFiles> {
  const info = await stat(path).catch(() => null);
  if (info === null) throw new ModelFileError(path, 'does not exist; give a model folder or a .gguf file');
  if (info.isDirectory()) return openFolder(path);
  if (path.endsWith('.gguf')) return openGguf(path);
  if (path.endsWith('.safetensors')) return openFolder(dirname(path), path);
  throw new ModelFileError(
    path,
    'is not a model; expected a Hugging Face folder, a .gguf or a .safetensors file',
  );
}
