import type { Example } from '../cleaning/example-texts';
import { createJournaled, type Journaled, type Origin, readOrigin } from '../dedup/journaled';
import { createNear, createNearEntry } from '../dedup/near';
import type { parseDedupOptions } from '../dedup/options';
import { normalizeForComparison } from '../dedup/shingles';
import { comparisonOf } from './comparison';

/** Watches for prompts on one side of the split that nearly are prompts on the other. */
export interface SideWatch {
  journaled: Journaled;
  /** The prompt on the other side that the one signed so nearly is, if there is one. */
  check(entry: Uint8Array, origin: Origin, isEval: boolean): Origin | null;
}

/** Next to what duplicates are looked for with, this much more memory. */
const MEMORY_SHARE = 0.25;

/** How prompts are signed for the watch; null for one without words. */
export function createPromptEntry(options: ReturnType<typeof parseDedupOptions>) {
  const entryOf = createNearEntry(options);
  return (example: Example): Uint8Array | null => {
    const { fixed, text } = comparisonOf(example, 'prompt');
    return entryOf(normalizeForComparison(text), normalizeForComparison(fixed));
  };
}

export function createSideWatch(options: ReturnType<typeof parseDedupOptions>): SideWatch {
  const near = createNear(options, options.memoryMiB * 2 ** 20 * MEMORY_SHARE);
  const journaled = createJournaled('prompts', near.window);
  // The side is kept in the lowest bit of the source.
  const sideOf = (entry: Uint8Array) => readOrigin(entry).source & 1;
  return {
    journaled,
    check(entry, { source, row }, isEval) {
      const side = isEval ? 1 : 0;
      const accepts = near.accepts(entry);
      const other = near.window.find(entry, (found) => sideOf(found) !== side && accepts(found));
      const known = near.window.find(entry, (found) => sideOf(found) === side && accepts(found));
      if (!known) journaled.add(entry, { source: source * 2 + side, row });
      if (!other) return null;
      const origin = readOrigin(other);
      return { source: origin.source >>> 1, row: origin.row };
    },
  };
}
