import type { Window } from './window';

/** The numbers of a source and of a row, each below 2³². */
export interface Origin {
  source: number;
  row: number;
}

/** A window whose new entries are written to a journal, from which it is restored when an ingestion is resumed. */
export interface Journaled {
  name: string;
  window: Window;
  add(entry: Uint8Array, origin: Origin): void;
  /** Entries added since this was last called. */
  takeAdded(): Uint8Array[];
}

export function createJournaled(name: string, window: Window): Journaled {
  let added: Uint8Array[] = [];
  return {
    name,
    window,
    add(entry, { source, row }) {
      const view = new DataView(entry.buffer, entry.byteOffset);
      view.setUint32(0, source, true);
      view.setUint32(4, row, true);
      window.add(entry);
      // A copy: an entry from another thread shares its buffer with many others.
      added.push(entry.slice());
    },
    takeAdded() {
      const taken = added;
      added = [];
      return taken;
    },
  };
}

/** The origin at the beginning of an entry. */
export function readOrigin(entry: Uint8Array): Origin {
  const view = new DataView(entry.buffer, entry.byteOffset);
  return { source: view.getUint32(0, true), row: view.getUint32(4, true) };
}
