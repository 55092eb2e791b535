import { type Band, BandedTable, bytesPerEntry } from './banded-table';

/**
 * A table of the last entries, at least `capacity / 2` and at most `capacity`. It consists of two tables; the older one is discarded when
 * the newer one is full. This depends on the entries alone, so all runs agree.
 */
export class Window {
  /** Entries added so far. */
  added = 0;
  private newer: BandedTable;
  private older: BandedTable | null = null;
  readonly half: number;

  constructor(
    readonly entrySize: number,
    private readonly bands: readonly Band[],
    memoryBytes: number,
  ) {
    this.half = Math.max(1, Math.floor(memoryBytes / 2 / bytesPerEntry(entrySize, bands.length)));
    this.newer = this.table();
  }

  /** Entries that were discarded. */
  get forgotten(): number {
    return this.added - this.newer.size - (this.older?.size ?? 0);
  }

  /** An entry that shares a band with `probe` and is accepted. */
  find(probe: Uint8Array, accept: (candidate: Uint8Array) => boolean): Uint8Array | null {
    for (const table of [this.older, this.newer]) {
      const index = table?.find(probe, accept) ?? -1;
      if (table && index !== -1) return table.entry(index);
    }
    return null;
  }

  add(entry: Uint8Array): void {
    if (this.newer.size === this.half) {
      this.older = this.newer;
      this.newer = this.table();
    }
    this.newer.add(entry);
    this.added++;
  }

  /**
   * Restores the entries of an earlier run. `read` returns `count` of them from number `first` on; it is called only for entries that have
   * not been discarded.
   */
  restore(added: number, read: (first: number, count: number) => Iterable<Uint8Array>): void {
    const first = Math.max(0, (Math.ceil(added / this.half) - 2) * this.half);
    this.added = first;
    for (const entry of read(first, added - first)) this.add(entry);
  }

  private table(): BandedTable {
    return new BandedTable(this.entrySize, this.bands, this.half);
  }
}
