import type { ModelVersion } from '@open-chatgpt/events';
import { exchangePrefix } from '@open-chatgpt/runs';
import type { ParameterStore } from '@open-chatgpt/runtime';
import { ObjectNotFoundError, type ObjectStore, StorageError } from '@open-chatgpt/storage';
import { type ArenaFile, restoreWeightsFile } from '@open-chatgpt/training';
import { getArenaFile, putArenaFile } from './arena-object';

/** The version that was loaded into a parameter store. */
const loaded = new WeakMap<ParameterStore, string>();

/** Stores trained weights: with LoRA only the adapter. Their hash is the version. */
export async function putWeights(store: ObjectStore, prefix: string, file: ArenaFile): Promise<ModelVersion> {
  const weights = await putArenaFile(store, prefix, file);
  return { version: weights.sha256, weights };
}

/** Loads this version of the trained weights of a model, unless it is loaded already. */
export async function loadVersion(
  store: ObjectStore,
  target: ParameterStore,
  { version, weights }: ModelVersion,
): Promise<void> {
  if (loaded.get(target) === version) return;
  if (weights.sha256 !== version)
    throw new StorageError(
      `${weights.uri} has the hash ${weights.sha256}; expected that of its version, ${version}`,
    );
  loaded.delete(target);
  await restoreWeightsFile(target, (file) => getArenaFile(store, weights, file));
  loaded.set(target, version);
}

/**
 * Whether work failed because the learner of the run has removed the inputs. The learner no longer waits for the result: it
 * has received one already, or a new learner has started.
 */
export function isObsolete(error: unknown, runId: string): error is ObjectNotFoundError {
  return error instanceof ObjectNotFoundError && error.key.startsWith(`${exchangePrefix(runId)}/`);
}
