import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoraConfig } from '../lora/lora-config';
import { type TensorToWrite, writeSafetensors } from '../safetensors/write-safetensors';
import { writeJsonAtomically } from '../weights/atomic-file';
import type { FloatDtype } from '../weights/convert';
import { type AdapterBase, writeAdapterBase } from './adapter-base';
import { adapterConfigJson } from './adapter-config';
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, PREFIX } from './open-adapter';

export interface AdapterToWrite {
  config: LoraConfig;
  /**
   * `<module>.lora_A.weight` [r, in] and `<module>.lora_B.weight` [out, r]; any other weight (`score.weight`)
   * is stored as a fully trained module.
   */
  tensors: Iterable<TensorToWrite>;
  /** F32 by default. */
  dtype?: FloatDtype;
  /** The weights that it belongs on. */
  base?: AdapterBase;
  /** CAUSAL_LM by default; SEQ_CLS for a reward model. */
  taskType?: string;
  /** True for GPT-2, whose linear weights are [in, out]. */
  fanInFanOut?: boolean;
}

/** Writes a folder that `openAdapter` and PEFT can open. The configuration is written last. */
export async function writeAdapter(folder: string, adapter: AdapterToWrite): Promise<void> {
  const tensors = [...adapter.tensors];
  await mkdir(folder, { recursive: true });
  await writeSafetensors(
    join(folder, ADAPTER_WEIGHTS),
    tensors.map((tensor) => ({ ...tensor, name: PREFIX + tensor.name })),
    { dtype: adapter.dtype ?? 'F32' },
  );
  const taskType = adapter.taskType ?? 'CAUSAL_LM';
  if (adapter.base) await writeAdapterBase(folder, adapter.base, taskType);
  const config = {
    lora: adapter.config,
    modulesToSave: modulesOf(tensors),
    baseModel: adapter.base?.name ?? null,
    taskType,
  };
  await writeJsonAtomically(
    join(folder, ADAPTER_CONFIG),
    adapterConfigJson(config, adapter.fanInFanOut ?? false),
  );
}

function modulesOf(tensors: readonly TensorToWrite[]): string[] {
  const whole = tensors.filter(({ name }) => !/\.lora_[AB]\.weight$/.test(name));
  return [...new Set(whole.map(({ name }) => name.replace(/\.(weight|bias)$/, '')))];
}
