import { exactEntry, exactWindow } from './exact';
import { createJournaled, type Journaled, type Origin, readOrigin } from './journaled';
import { createNear, type Near } from './near';
import { type DedupOptions, parseDedupOptions } from './options';
import { normalizeForComparison } from './shingles';

export interface Duplicate {
  dropped: 'exactDuplicate' | 'nearDuplicate';
  of: Origin;
}

export interface Duplicates {
  /**
   * The earlier text that this one repeats; null when it is new, and it is then remembered under `origin`. Of a near-duplicate,
   * `fixed` is the same word for word: what many texts share, as the instruction of a task with many inputs, must not make
   * them look alike.
   */
  check(text: string, origin: Origin, fixed?: string): Duplicate | null;
  journaled: Journaled[];
}

/** Bytes of an exact entry against a near one's: the share of the memory that each gets. */
const EXACT_SHARE = 0.25;

/** Finds texts that repeat an earlier one, within bounded memory. Throws on wrong options. */
export function createDuplicates(options: DedupOptions = {}): Duplicates {
  const parsed = parseDedupOptions(options);
  const bytes = parsed.memoryMiB * 2 ** 20;
  const exactBytes = parsed.near ? bytes * EXACT_SHARE : bytes;
  const exact = parsed.exact ? createJournaled('exact', exactWindow(exactBytes)) : null;
  const near = parsed.near ? createNear(parsed, parsed.exact ? bytes - exactBytes : bytes) : null;
  const nearJournal = near && createJournaled('near', near.window);

  return {
    journaled: [exact, nearJournal].filter((index) => index !== null),
    check(text, origin, fixed = '') {
      const normalized = normalizeForComparison(text);
      const same = normalizeForComparison(fixed);
      const exactly = exact && exactEntry(`${same}\0${normalized}`);
      const copied = exactly && exact.window.find(exactly, () => true);
      if (copied) return { dropped: 'exactDuplicate', of: readOrigin(copied) };
      const nearly = near?.entry(normalized, same) ?? null;
      const similar = nearly && (near as Near).window.find(nearly, (near as Near).accepts(nearly));
      if (similar) return { dropped: 'nearDuplicate', of: readOrigin(similar) };
      if (exactly) exact.add(exactly, origin);
      if (nearly) nearJournal?.add(nearly, origin);
      return null;
    },
  };
}
