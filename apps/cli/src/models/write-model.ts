import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  elementCount,
  type FloatDtype,
  type ModelFiles,
  type TensorInfo,
  type TensorToWrite,
  writeModelFolder,
} from '@open-chatgpt/models';
import { UsageError } from '../exit-codes';
import { createSideProgress } from '../progress';
import { shownPath } from '../terminal/invocation';

/** The values of `--dtype`. */
export const dtypes: Record<string, FloatDtype> = { fp32: 'F32', fp16: 'F16', bf16: 'BF16' };

export interface WriteOptions {
  to: string;
  dtype: string;
  /** Modifies a tensor in place before it is written. */
  change?: (name: string, data: Float32Array) => Promise<void>;
}

/** @throws UsageError when the folder has a model */
export function checkTarget(to: string): void {
  if (!existsSync(join(to, 'config.json'))) return;
  throw new UsageError(
    `--to ${shownPath(resolve(to))}: the folder has a model already; choose another folder or delete it`,
  );
}

/** Copies an open model into a Hugging Face folder, one tensor in memory at a time. */
export async function writeModel(files: ModelFiles, { to, dtype, change }: WriteOptions): Promise<void> {
  const progress = createSideProgress();
  const tensors = files.weights.tensors();
  const total = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  let done = 0;
  const load = async ({ name, shape }: TensorInfo) => {
    const data = new Float32Array(elementCount(shape));
    await files.weights.read(name, data);
    await change?.(name, data);
    done += data.length;
    progress.loading('writing weights', done, total);
    return data;
  };
  try {
    await writeModelFolder(to, {
      config: files.config,
      tensors: tensors.map((tensor): TensorToWrite => ({ ...tensor, data: () => load(tensor) })),
      dtype: dtypes[dtype],
      tokenizer: files.tokenizer,
      generationConfig: files.generationConfig,
    });
  } finally {
    progress.close();
  }
}
