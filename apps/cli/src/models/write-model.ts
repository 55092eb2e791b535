import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { copyModel, type FloatDtype, type ModelFiles } from '@open-chatgpt/models';
import { UsageError } from '../exit-codes';
import { createSideProgress } from '../progress';
import { shownPath } from '../terminal/invocation';

/** The values of `--dtype`. */
export const dtypes: Record<string, FloatDtype> = { fp32: 'F32', fp16: 'F16', bf16: 'BF16' };

export interface WriteOptions {
  to: string;
  dtype: string;
}

/** @throws UsageError when the folder has a model */
export function checkTarget(to: string): void {
  if (!existsSync(join(to, 'config.json'))) return;
  throw new UsageError(
    `--to ${shownPath(resolve(to))}: the folder has a model already; choose another folder or delete it`,
  );
}

/** Copies an open model into a Hugging Face folder, and shows the progress. */
export async function writeModel(files: ModelFiles, { to, dtype }: WriteOptions): Promise<void> {
  const progress = createSideProgress();
  const onProgress = (done: number, total: number) => progress.loading('writing weights', done, total);
  try {
    await copyModel(files, to, { dtype: dtypes[dtype], onProgress });
  } finally {
    progress.close();
  }
}
