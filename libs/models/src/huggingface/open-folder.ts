import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseModelConfig } from '../config/parse-model-config';
import { openSafetensors } from '../safetensors/read-safetensors';
import { openShardedSafetensors } from '../safetensors/read-sharded';
import { ModelFileError } from '../weights/model-file-error';
import type { WeightSource } from '../weights/weight-source';
import { canonicalWeights } from './canonical-weights';
import { checkTensors } from './check-tensors';
import type { ModelFiles } from './model-files';
import { readObjectIfPresent } from './read-json';
import { readTokenizerFiles } from './tokenizer-files';

/**
 * Opens a folder in Hugging Face's layout.
 *
 * @param weightFile the safetensors file to open instead of `model.safetensors` or the sharded index
 */
export async function openFolder(folder: string, weightFile?: string): Promise<ModelFiles> {
  const configPath = join(folder, 'config.json');
  const configJson = await readObjectIfPresent(configPath);
  if (configJson === null)
    throw new ModelFileError(
      folder,
      'has no config.json; expected a Hugging Face model folder or a .gguf file',
    );
  const config = parseModelConfig(configJson, configPath);
  const source = await openWeights(folder, weightFile);
  try {
    const weights = canonicalWeights(source, config, folder);
    checkTensors(config, weights.tensors(), folder);
    return {
      config,
      weights,
      tokenizer: await readTokenizerFiles(folder),
      generationConfig: await readObjectIfPresent(join(folder, 'generation_config.json')),
      close: () => weights.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function openWeights(folder: string, weightFile?: string): Promise<WeightSource> {
  if (weightFile !== undefined) return openSafetensors(weightFile);
  const single = join(folder, 'model.safetensors');
  if (await exists(single)) return openSafetensors(single);
  const index = join(folder, 'model.safetensors.index.json');
  if (await exists(index)) return openShardedSafetensors(index);
  const pickles = (await readdir(folder)).filter((file) => /\.(bin|pt|pth)$/.test(file));
  throw new ModelFileError(
    folder,
    pickles.length > 0
      ? `has only PyTorch pickles (${pickles[0]}), which are not read; take the model's safetensors files`
      : 'has no model.safetensors and no model.safetensors.index.json; download the weights',
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
