import type { Example } from '@open-chatgpt/datasets';
import { createJournaled, type Journaled, type Origin, readOrigin } from '../dedup/journaled';
import { createNear, createNearEntry } from '../dedup/near';
import type { parseDedupOptions } from '../dedup/options';
import { normalizeForComparison } from '../dedup/shingles';
import { comparisonOf } from './comparison';

/** Finds prompts of one split that are near-duplicates of prompts in the other. */
export interface LeakDetector {
  journaled: Journaled;
  /** The prompt of the other split that is a near-duplicate of the signed one, or null. */
  check(entry: Uint8Array, origin: Origin, isEval: boolean): Origin | null;
}

/** The memory of this index, as a share of the memory of the index of duplicates. */
const MEMORY_SHARE = 0.25;

/** Creates the function that signs prompts; null for a prompt without words. */
export function createPromptEntry(options: ReturnType<typeof parseDedupOptions>) {
  const entryOf = createNearEntry(options);
  return (example: Example): Uint8Array | null => {
    const { fixed, text } = comparisonOf(example, 'prompt');
    return entryOf(normalizeForComparison(text), normalizeForComparison(fixed));
  };
}

export function createLeakDetector(options: ReturnType<typeof parseDedupOptions>): LeakDetector {
  const near = createNear(options, options.memoryMiB * 2 ** 20 * MEMORY_SHARE);
  const journaled = createJournaled('prompts', near.window);
  // The lowest bit of the source is the split.
  const splitOf = (entry: Uint8Array) => readOrigin(entry).source & 1;
  return {
    journaled,
    check(entry, { source, row }, isEval) {
      const split = isEval ? 1 : 0;
      const accepts = near.accepts(entry);
      const other = near.window.find(entry, (found) => splitOf(found) !== split && accepts(found));
      const known = near.window.find(entry, (found) => splitOf(found) === split && accepts(found));
      if (!known) journaled.add(entry, { source: source * 2 + split, row });
      if (!other) return null;
      const origin = readOrigin(other);
      return { source: origin.source >>> 1, row: origin.row };
    },
  };
}
