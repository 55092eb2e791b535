import { exactEntry, exactWindow } from './exact';
import { createNear, type Near } from './near';
import { type DedupOptions, parseDedupOptions } from './options';
import { normalizeForComparison } from './shingles';
import type { Window } from './window';

/** Where a row came from: the caller's numbers, each below 2³². */
export interface Origin {
  source: number;
  row: number;
}

export interface Duplicate {
  dropped: 'exactDuplicate' | 'nearDuplicate';
  of: Origin;
}

/** An index whose entries are appended to a journal, so that it can be had again after a stop. */
export interface Journaled {
  name: string;
  window: Window;
  /** Entries added since `takeAdded` was last called. */
  takeAdded(): Uint8Array[];
}

export interface Duplicates {
  /** The earlier text that this one repeats; null when it is new, and it is then remembered under `origin`. */
  check(text: string, origin: Origin): Duplicate | null;
  journaled: Journaled[];
}

/** Bytes of an exact entry against a near one's: the share of the memory that each gets. */
const EXACT_SHARE = 0.25;

/** Finds texts that repeat an earlier one, within bounded memory. Throws on wrong options. */
export function createDuplicates(options: DedupOptions = {}): Duplicates {
  const parsed = parseDedupOptions(options);
  const bytes = parsed.memoryMiB * 2 ** 20;
  const exactBytes = parsed.near ? bytes * EXACT_SHARE : bytes;
  const exact = parsed.exact ? journal('exact', exactWindow(exactBytes)) : null;
  const near = parsed.near ? createNear(parsed, parsed.exact ? bytes - exactBytes : bytes) : null;
  const nearJournal = near && journal('near', near.window);

  return {
    journaled: [exact, nearJournal].filter((index) => index !== null),
    check(text, origin) {
      const normalized = normalizeForComparison(text);
      const exactly = exact && exactEntry(normalized);
      const same = exactly && exact.window.find(exactly, () => true);
      if (same) return { dropped: 'exactDuplicate', of: readOrigin(same) };
      const nearly = near?.entry(normalized) ?? null;
      const similar = nearly && (near as Near).window.find(nearly, (near as Near).accepts(nearly));
      if (similar) return { dropped: 'nearDuplicate', of: readOrigin(similar) };
      if (exactly) exact.add(exactly, origin);
      if (nearly) nearJournal?.add(nearly, origin);
      return null;
    },
  };
}

function journal(name: string, window: Window) {
  let added: Uint8Array[] = [];
  return {
    name,
    window,
    add(entry: Uint8Array, { source, row }: Origin) {
      const view = new DataView(entry.buffer, entry.byteOffset);
      view.setUint32(0, source, true);
      view.setUint32(4, row, true);
      window.add(entry);
      added.push(entry);
    },
    takeAdded() {
      const taken = added;
      added = [];
      return taken;
    },
  };
}

function readOrigin(entry: Uint8Array): Origin {
  const view = new DataView(entry.buffer, entry.byteOffset);
  return { source: view.getUint32(0, true), row: view.getUint32(4, true) };
}
