import type { DedupOptions } from '@open-chatgpt/pipeline';
import { exactEntry, exactWindow } from './exact';
import { createJournaled, type Journaled, type Origin, readOrigin } from './journaled';
import { createNear, createNearEntry } from './near';
import { parseDedupOptions } from './options';
import { normalizeForComparison } from './shingles';

export interface Duplicate {
  dropped: 'exactDuplicate' | 'nearDuplicate';
  of: Origin;
}

/** The entries that a text is compared by; null where that comparison is disabled, or the text has no words. */
export interface Signature {
  exact: Uint8Array | null;
  near: Uint8Array | null;
}

export interface Duplicates {
  /**
   * Returns the earlier text that this one repeats. Returns null for a new text, and adds it under `origin`. Near-duplicates have an equal
   * `fixed`: the part that many texts share, such as the instruction of a task with many inputs, must not make them similar.
   */
  check(text: string, origin: Origin, fixed?: string): Duplicate | null;
  /** As `check`, for a text that `createSigner` has signed with the same options. */
  checkSigned(signature: Signature, origin: Origin): Duplicate | null;
  journaled: Journaled[];
}

/** The share of the memory for exact entries, which are smaller than near ones. */
const EXACT_SHARE = 0.25;

/** Creates the function that signs texts. A signature depends on the text alone, so any thread can compute it. Throws on wrong options. */
export function createSigner(options: DedupOptions = {}): (text: string, fixed?: string) => Signature {
  const parsed = parseDedupOptions(options);
  const nearEntry = parsed.near ? createNearEntry(parsed) : null;
  return (text, fixed = '') => {
    if (!parsed.exact && !nearEntry) return { exact: null, near: null };
    const normalized = normalizeForComparison(text);
    const same = normalizeForComparison(fixed);
    return {
      exact: parsed.exact ? exactEntry(`${same}\0${normalized}`) : null,
      near: nearEntry?.(normalized, same) ?? null,
    };
  };
}

/** Finds texts that repeat an earlier one, within bounded memory. Throws on wrong options. */
export function createDuplicates(options: DedupOptions = {}): Duplicates {
  const parsed = parseDedupOptions(options);
  const sign = createSigner(options);
  const bytes = parsed.memoryMiB * 2 ** 20;
  const exactBytes = parsed.near ? bytes * EXACT_SHARE : bytes;
  const exactIndex = parsed.exact ? createJournaled('exact', exactWindow(exactBytes)) : null;
  const nearby = parsed.near ? createNear(parsed, parsed.exact ? bytes - exactBytes : bytes) : null;
  const nearIndex = nearby && createJournaled('near', nearby.window);

  const checkSigned = ({ exact, near }: Signature, origin: Origin): Duplicate | null => {
    const copied = exact && exactIndex?.window.find(exact, () => true);
    if (copied) return { dropped: 'exactDuplicate', of: readOrigin(copied) };
    const similar = near && nearby?.window.find(near, nearby.accepts(near));
    if (similar) return { dropped: 'nearDuplicate', of: readOrigin(similar) };
    if (exact) exactIndex?.add(exact, origin);
    if (near) nearIndex?.add(near, origin);
    return null;
  };

  return {
    journaled: [exactIndex, nearIndex].filter((index) => index !== null),
    check: (text, origin, fixed) => checkSigned(sign(text, fixed), origin),
    checkSigned,
  };
}
