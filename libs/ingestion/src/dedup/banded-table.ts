import { GrowableArray } from './growable-array';
import { imul, mix32 } from './shingles';

/** Bytes of an entry that are looked up together. */
export interface Band {
  start: number;
  length: number;
}

/** Entries linked under one band, at most. More would slow down the lookup of a common phrase; other bands find those entries too. */
const MOST_CANDIDATES = 8;
const FIRST_SLOTS = 1024;
/** The load factor at which the table doubles. */
const FULL = 0.7;

/** The most bytes that an entry takes in the table, slots included (just after doubling). */
export function bytesPerEntry(entrySize: number, bands: number): number {
  return entrySize + (bands * 4 * 2) / FULL;
}

/**
 * Entries of a fixed number of bytes, which are found by any of their bands. All entries are in one typed array, and all bands share one
 * open-addressed table of entry numbers, so an entry costs bytes and no objects.
 */
export class BandedTable {
  private readonly entries: GrowableArray<Uint8Array>;
  private slots = new Uint32Array(FIRST_SLOTS);
  private used = 0;

  constructor(
    private readonly entrySize: number,
    private readonly bands: readonly Band[],
    capacity: number,
  ) {
    this.entries = new GrowableArray(new Uint8Array(entrySize * 64), entrySize * capacity);
  }

  get size(): number {
    return this.entries.length / this.entrySize;
  }

  entry(index: number): Uint8Array {
    return this.entries.array.subarray(index * this.entrySize, (index + 1) * this.entrySize);
  }

  /** The first entry that shares a band with `probe` and is accepted, or −1. */
  find(probe: Uint8Array, accept: (candidate: Uint8Array) => boolean): number {
    for (const [number, band] of this.bands.entries()) {
      for (let slot = this.home(probe, band, number); this.slots[slot] !== 0; slot = this.next(slot)) {
        const index = this.slots[slot] - 1;
        if (this.agrees(probe, index, band) && accept(this.entry(index))) return index;
      }
    }
    return -1;
  }

  add(entry: Uint8Array): void {
    const start = this.entries.reserve(this.entrySize);
    this.entries.array.set(entry, start);
    if (this.used + this.bands.length > this.slots.length * FULL) this.grow();
    else this.link(this.size - 1);
  }

  private link(index: number): void {
    const entry = this.entry(index);
    for (const [number, band] of this.bands.entries()) {
      let same = 0;
      let slot = this.home(entry, band, number);
      for (; this.slots[slot] !== 0 && same < MOST_CANDIDATES; slot = this.next(slot))
        if (this.agrees(entry, this.slots[slot] - 1, band)) same++;
      if (same === MOST_CANDIDATES) continue;
      this.slots[slot] = index + 1;
      this.used++;
    }
  }

  private grow(): void {
    this.slots = new Uint32Array(this.slots.length * 2);
    this.used = 0;
    for (let index = 0; index < this.size; index++) this.link(index);
  }

  private home(entry: Uint8Array, { start, length }: Band, number: number): number {
    let hash = number + 1;
    for (let at = start; at < start + length; at++) hash = imul(hash ^ entry[at], 0x01000193);
    return mix32(hash) & (this.slots.length - 1);
  }

  private next(slot: number): number {
    return (slot + 1) & (this.slots.length - 1);
  }

  private agrees(probe: Uint8Array, index: number, { start, length }: Band): boolean {
    const base = index * this.entrySize;
    for (let at = start; at < start + length; at++)
      if (this.entries.array[base + at] !== probe[at]) return false;
    return true;
  }
}
