import { createHash } from 'node:crypto';
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

/** The same of weights that may change later. */
export function hashWeights(weights: ParameterStore): string {
  const hash = createHash('sha256');
  for (const { name, data } of weights.all) {
    hash.update(name);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
