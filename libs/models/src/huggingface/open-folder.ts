import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { warnOfFields } from '../agreement/config-fields';
import { withEndTokens } from '../agreement/end-tokens';
import { withHeadOfFile } from '../agreement/tied-head';
import type { ModelConfig } from '../config/model-config';
import { parseModelConfig } from '../config/parse-model-config';
import { ADAPTER_CONFIG } from '../peft/open-adapter';
import { openSafetensors } from '../safetensors/read-safetensors';
import { openShardedSafetensors } from '../safetensors/read-sharded';
import { ModelFileError } from '../weights/model-file-error';
import type { TensorFile } from '../weights/weight-source';
import { canonicalTensors, canonicalWeights } from './canonical-weights';
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
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const { config: parsed, generationConfig } = await readFolderConfig(folder, warn);
  const source = await openWeights(folder, weightFile);
  try {
    const tensors = canonicalTensors(source, parsed, folder);
    const find = (name: string) => tensors.get(name);
    const { config, sharedHead } = await withHeadOfFile(parsed, source, find, folder, warn);
    const weights = canonicalWeights(source, tensors, config, sharedHead);
    checkTensors(config, weights.tensors(), folder, warn);
    return {
      config,
      weights,
      tokenizer: await readTokenizerFiles(folder),
      generationConfig,
      warnings,
      close: () => weights.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/**
 * The configuration of a folder in Hugging Face's layout, by its files without the weights.
 * @throws ModelFileError when there is none, or it is invalid
 */
export async function readFolderConfig(
  folder: string,
  warn: (message: string) => void,
): Promise<{ config: ModelConfig; generationConfig: Record<string, unknown> | null }> {
  const configPath = join(folder, 'config.json');
  const configJson = await readObjectIfPresent(configPath);
  const adapterJson = configJson === null ? await readObjectIfPresent(join(folder, ADAPTER_CONFIG)) : null;
  if (adapterJson !== null)
    throw new ModelFileError(
      folder,
      `is a LoRA adapter and no whole model; merge it into its base: openchat model merge --base ${baseOf(adapterJson)} ` +
        `--adapter ${folder} --to ${folder}-merged`,
    );
  if (configJson === null)
    throw new ModelFileError(
      folder,
      'has no config.json; expected a Hugging Face model folder or a .gguf file',
    );
  const generationPath = join(folder, 'generation_config.json');
  const generationConfig = await readObjectIfPresent(generationPath);
  const parsed = parseModelConfig(configJson, configPath);
  warnOfFields(configJson, configPath, warn);
  return { config: withEndTokens(parsed, generationConfig, generationPath, warn), generationConfig };
}

/** The base that an adapter names, where it can stand in a command as it is. */
function baseOf({ base_model_name_or_path: base }: Record<string, unknown>): string {
  return typeof base === 'string' && /^[\w./:@+-]{1,256}$/.test(base) ? base : '<base>';
}

const SINGLE_FILE = 'model.safetensors';
const SHARD_INDEX = 'model.safetensors.index.json';

/** Whether a folder has weights that `openFolder` reads. */
export async function hasWeights(folder: string): Promise<boolean> {
  return (await exists(join(folder, SINGLE_FILE))) || exists(join(folder, SHARD_INDEX));
}

async function openWeights(folder: string, weightFile?: string): Promise<TensorFile> {
  if (weightFile !== undefined) return openSafetensors(weightFile);
  const single = join(folder, SINGLE_FILE);
  if (await exists(single)) return openSafetensors(single);
  const index = join(folder, SHARD_INDEX);
  if (await exists(index)) return openShardedSafetensors(index);
  const pickles = (await readdir(folder)).filter((file) => /\.(bin|pt|pth)$/.test(file));
  throw new ModelFileError(
    folder,
    pickles.length > 0
      ? `has only PyTorch pickles (${pickles[0]}), which are not read; take the model's safetensors files`
      : `has no ${SINGLE_FILE} and no ${SHARD_INDEX}; download the weights`,
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
