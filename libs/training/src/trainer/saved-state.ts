import type { ParameterStore } from '@open-chatgpt/runtime';
import type { CheckpointContent } from '../checkpoint/files';
import type { Checkpoint } from '../checkpoint/load';
import type { Optimizer } from './optimizer';

/** The trained weights as files of a checkpoint, named with `prefix`. */
function weightFiles(store: ParameterStore, prefix: string): Record<string, CheckpointContent> {
  return Object.fromEntries(
    store.groups.map(({ weights }, index) => [`${prefix}weights-${index}.f32`, weights.contents]),
  );
}

/** The weights and moments as files of a checkpoint. */
export function optimizerFiles(optimizer: Optimizer, prefix: string): Record<string, CheckpointContent> {
  const files = weightFiles(optimizer.store, prefix);
  optimizer.adamW.moments.forEach(({ first, second }, index) => {
    files[`${prefix}first-moments-${index}.f32`] = first.contents;
    files[`${prefix}second-moments-${index}.f32`] = second.contents;
  });
  return files;
}

export async function restoreWeights(
  checkpoint: Checkpoint,
  store: ParameterStore,
  prefix: string,
): Promise<void> {
  for (const [index, { weights }] of store.groups.entries()) {
    await checkpoint.readInto(`${prefix}weights-${index}.f32`, weights.slots);
  }
}

export async function restoreOptimizer(
  checkpoint: Checkpoint,
  optimizer: Optimizer,
  prefix: string,
  stepCount: number,
): Promise<void> {
  await restoreWeights(checkpoint, optimizer.store, prefix);
  for (const [index, { first, second }] of optimizer.adamW.moments.entries()) {
    await checkpoint.readInto(`${prefix}first-moments-${index}.f32`, first.slots);
    await checkpoint.readInto(`${prefix}second-moments-${index}.f32`, second.slots);
  }
  optimizer.adamW.stepCount = stepCount;
}
