import { createRng } from '@open-chatgpt/random';
import { adaptedModules } from '@open-chatgpt/sizing';
import { copyModel } from '../huggingface/copy-model';
import { openModel } from '../huggingface/open-model';
import { loraA, loraB } from '../lora/adapters';
import { mergedModel } from '../peft/merge';
import { openAdapter } from '../peft/open-adapter';
import { writeAdapter } from '../peft/write-adapter';

export interface TinyAdapterOptions {
  r?: number;
  targetModules?: string[];
}

/** Writes an adapter with random factors of this seed beside a model. @returns its path */
export async function writeTinyAdapter(
  base: string,
  seed: number,
  { r = 3, targetModules = ['q_proj', 'down_proj'] }: TinyAdapterOptions = {},
): Promise<string> {
  const { config, close } = await openModel(base);
  await close();
  const rng = createRng(seed);
  const random = (length: number) => Float32Array.from({ length }, () => 0.3 * rng.normal());
  const lora = { r, loraAlpha: 2 * r, loraDropout: 0, targetModules };
  const tensors = adaptedModules(config, lora).flatMap(({ name, inFeatures, outFeatures }) => [
    { name: loraA(name), shape: [r, inFeatures], data: random(r * inFeatures) },
    { name: loraB(name), shape: [outFeatures, r], data: random(r * outFeatures) },
  ]);
  const path = `${base}-adapter-${seed}`;
  await writeAdapter(path, { config: lora, tensors });
  return path;
}

/** Writes the model that a base and an adapter make, as `openchat model merge` does, beside the base. @returns its path */
export async function writeMerged(base: string, adapter: string): Promise<string> {
  const [files, adapterFiles] = [await openModel(base), await openAdapter(adapter)];
  const path = `${adapter}-merged`;
  await copyModel(mergedModel(files, adapterFiles, adapter), path, { dtype: 'F32' });
  await files.close();
  await adapterFiles.close();
  return path;
}
