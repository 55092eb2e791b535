import { hashWeights } from '@open-chatgpt/models';
import type { ParameterStore } from '@open-chatgpt/runtime';

/** Versions of frozen weights, which are hashed once. */
const versions = new WeakMap<ParameterStore, string>();

/** SHA-256 of all weights of a frozen store: equal weights, equal version. */
export function weightsVersion(weights: ParameterStore): string {
  const known = versions.get(weights);
  if (known) return known;
  const version = hashWeights(weights);
  versions.set(weights, version);
  return version;
}
