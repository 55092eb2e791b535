import type { Window } from './window';

/** Where a row came from: the caller's numbers, each below 2³². */
export interface Origin {
  source: number;
  row: number;
}

/** A window whose new entries are handed out once, to be kept in a journal from which it can be had again after a stop. */
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
      // A copy: what came from another thread lies in one buffer with many others.
      added.push(entry.slice());
    },
    takeAdded() {
      const taken = added;
      added = [];
      return taken;
    },
  };
}

/** The origin that an entry begins with. */
export function readOrigin(entry: Uint8Array): Origin {
  const view = new DataView(entry.buffer, entry.byteOffset);
  return { source: view.getUint32(0, true), row: view.getUint32(4, true) };
}
