import type { ModelVersion } from '@open-chatgpt/events';
import { exchangePrefix } from '@open-chatgpt/runs';
import type { ParameterStore } from '@open-chatgpt/runtime';
import { ObjectNotFoundError, type ObjectStore, StorageError } from '@open-chatgpt/storage';
import { type ArenaFile, restoreWeightsFile } from '@open-chatgpt/training';
import { getArenaFile, putArenaFile } from './arena-object';

/** Which version lies in a store of parameters, where it was fetched. */
const loaded = new WeakMap<ParameterStore, string>();

/** Publishes trained weights; with LoRA these are the adapter alone. Their hash is the version. */
export async function putWeights(store: ObjectStore, prefix: string, file: ArenaFile): Promise<ModelVersion> {
  const weights = await putArenaFile(store, prefix, file);
  return { version: weights.sha256, weights };
}

/** Brings the trained weights of a model to this version, unless they are that already. */
export async function loadVersion(
  store: ObjectStore,
  target: ParameterStore,
  { version, weights }: ModelVersion,
): Promise<void> {
  if (loaded.get(target) === version) return;
  if (weights.sha256 !== version)
    throw new StorageError(`${weights.uri} is no version of weights: its hash is not ${version}`);
  loaded.delete(target);
  await restoreWeightsFile(target, (file) => getArenaFile(store, weights, file));
  loaded.set(target, version);
}

/**
 * Whether work could not be done because the learner of the run has removed what it needs: it waits for the result no
 * more, for it has had it already or has started anew.
 */
export function isObsolete(error: unknown, runId: string): error is ObjectNotFoundError {
  return error instanceof ObjectNotFoundError && error.key.startsWith(`${exchangePrefix(runId)}/`);
}
