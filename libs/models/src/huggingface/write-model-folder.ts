import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TokenizerFiles } from '@open-chatgpt/tokenizer';
import type { ModelConfig } from '../config/model-config';
import { toHuggingFaceConfig } from '../config/to-hugging-face-config';
import type { TensorToWrite } from '../safetensors/write-safetensors';
import { writeSharded } from '../safetensors/write-sharded';
import { writeJsonAtomically } from '../weights/atomic-file';
import type { FloatDtype } from '../weights/convert';
import { writeTokenizerFiles } from './tokenizer-files';

export interface ModelToWrite {
  config: ModelConfig;
  /** Under canonical names. `data` may be a function that loads the tensor when it is written. */
  tensors: Iterable<TensorToWrite>;
  dtype: FloatDtype;
  tokenizer?: TokenizerFiles | null;
  generationConfig?: Record<string, unknown> | null;
  /** Bytes; 5 GB by default. */
  maxShardSize?: number;
}

const TORCH_DTYPES: Record<FloatDtype, string> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/**
 * Writes a folder that `openModel`, transformers and vLLM can open. Each file is written atomically. config.json is
 * written last, so a partial folder is not a model.
 */
export async function writeModelFolder(path: string, model: ModelToWrite): Promise<void> {
  await mkdir(path, { recursive: true });
  await writeSharded(path, [...model.tensors], model);
  if (model.tokenizer) await writeTokenizerFiles(path, model.tokenizer);
  if (model.generationConfig)
    await writeJsonAtomically(join(path, 'generation_config.json'), model.generationConfig);
  const config = toHuggingFaceConfig(model.config);
  // The newer and the older name; both where both were.
  const names = ['dtype', 'torch_dtype'].filter((name) => name in config);
  const dtype = TORCH_DTYPES[model.dtype];
  await writeJsonAtomically(join(path, 'config.json'), {
    ...config,
    ...Object.fromEntries((names.length > 0 ? names : ['torch_dtype']).map((name) => [name, dtype])),
  });
}
