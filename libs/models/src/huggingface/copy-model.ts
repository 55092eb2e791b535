import type { TensorToWrite } from '../safetensors/write-safetensors';
import type { FloatDtype } from '../weights/convert';
import { elementCount, type TensorInfo } from '../weights/weight-source';
import type { ModelFiles } from './model-files';
import { writeModelFolder } from './write-model-folder';

export interface CopyOptions {
  dtype: FloatDtype;
  /** In elements. */
  onProgress?: (done: number, total: number) => void;
}

/** Copies an open model into a Hugging Face folder, one tensor in memory at a time. */
export async function copyModel(
  files: ModelFiles,
  folder: string,
  { dtype, onProgress }: CopyOptions,
): Promise<void> {
  const tensors = files.weights.tensors();
  const total = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  let done = 0;
  const load = async ({ name, shape }: TensorInfo) => {
    const data = new Float32Array(elementCount(shape));
    await files.weights.read(name, data);
    done += data.length;
    onProgress?.(done, total);
    return data;
  };
  await writeModelFolder(folder, {
    config: files.config,
    tensors: tensors.map((tensor): TensorToWrite => ({ ...tensor, data: () => load(tensor) })),
    dtype,
    tokenizer: files.tokenizer,
    generationConfig: files.generationConfig,
  });
}
