import { join } from 'node:path';
import { readObjectIfPresent } from '../huggingface/read-json';
import { loraA, loraB } from '../lora/adapters';
import type { LoraConfig } from '../lora/lora-config';
import { openSafetensors } from '../safetensors/read-safetensors';
import { ModelFileError } from '../weights/model-file-error';
import type { TensorInfo, WeightSource } from '../weights/weight-source';
import { type AdapterBase, readAdapterBase } from './adapter-base';
import { type AdapterConfig, parseAdapterConfig } from './adapter-config';

export const ADAPTER_CONFIG = 'adapter_config.json';
export const ADAPTER_WEIGHTS = 'adapter_model.safetensors';
/** Prefix of names from PEFT's wrapper around the model. */
export const PREFIX = 'base_model.model.';

const FACTOR = /^(.*)\.lora_(A|B)\.weight$/;

/**
 * An opened adapter; `weights` are named `<module>.lora_A.weight` [r, in] and `<module>.lora_B.weight` [out, r]. Other names are
 * those of `mergedModel`.
 */
export interface AdapterFiles extends Omit<AdapterConfig, 'lora'> {
  config: LoraConfig;
  /** Besides the factors, whole weights and biases (`score.weight`), DoRA's magnitudes and rows of tokens. */
  weights: WeightSource;
  /** The exact weights that it belongs on; null when it does not say. */
  base: AdapterBase | null;
  close(): Promise<void>;
}

/**
 * Opens a LoRA adapter in PEFT's layout; the caller closes it.
 *
 * @throws ModelFileError when a file is missing or damaged, a factor lacks its partner or does not have rank r
 */
export async function openAdapter(folder: string): Promise<AdapterFiles> {
  const configPath = join(folder, ADAPTER_CONFIG);
  const json = await readObjectIfPresent(configPath);
  if (json === null)
    throw new ModelFileError(folder, `has no ${ADAPTER_CONFIG}; expected a LoRA adapter in PEFT's layout`);
  const adapterConfig = parseAdapterConfig(json, configPath);
  const { lora, ...rest } = adapterConfig;
  const path = join(folder, ADAPTER_WEIGHTS);
  const file = await openSafetensors(path);
  try {
    const weights = withoutPrefix(file, path);
    checkFactors(weights.tensors(), adapterConfig, path);
    const base = await readAdapterBase(folder);
    return { config: lora, ...rest, weights, base, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function withoutPrefix(source: WeightSource, where: string): WeightSource {
  const tensors = source.tensors().map((tensor) => {
    if (!tensor.name.startsWith(PREFIX))
      throw new ModelFileError(
        where,
        `tensor "${tensor.name}" does not begin with "${PREFIX}"; this is not a PEFT adapter`,
      );
    return { name: tensor.name.slice(PREFIX.length), shape: tensor.shape, dtype: tensor.dtype };
  });
  return {
    tensors: () => tensors,
    read: (name, target) => source.read(PREFIX + name, target),
    close: () => source.close(),
  };
}

function checkFactors(
  tensors: readonly TensorInfo[],
  { rankOf }: Pick<AdapterConfig, 'rankOf'>,
  where: string,
): void {
  const names = new Set(tensors.map(({ name }) => name));
  if (names.size === 0) throw new ModelFileError(where, 'has no tensors');
  for (const { name, shape } of tensors) {
    const match = FACTOR.exec(name);
    if (!match) continue;
    const [, module, factor] = match;
    const partner = factor === 'A' ? loraB(module) : loraA(module);
    if (!names.has(partner))
      throw new ModelFileError(where, `tensor "${partner}" is missing beside "${name}"`);
    const rank = shape[factor === 'A' ? 0 : 1];
    if (shape.length !== 2 || rank !== rankOf(module))
      throw new ModelFileError(
        where,
        `tensor "${name}" is [${shape.join(', ')}], which does not have the rank r = ${rankOf(module)} of ${ADAPTER_CONFIG}`,
      );
  }
}
