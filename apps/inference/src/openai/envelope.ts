import { randomUUID } from 'node:crypto';
import type { ServedText } from '../models/loaded-model';

/**
 * The fields that a response and each chunk of a stream have in common. The fingerprint changes with the model's weights
 * and their precision: with a seed, equal fingerprints give equal completions.
 */
export function envelope(prefix: string, { name, version, weights }: ServedText) {
  return {
    id: `${prefix}-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: name,
    system_fingerprint: `fp_${version.slice(0, 12)}_${weights}`,
  };
}
