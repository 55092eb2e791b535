import { type Band, BandedTable, bytesPerEntry } from './banded-table';

/**
 * A table that remembers at least the last `capacity / 2` entries and never more than `capacity`: two tables, of which
 * the older is forgotten when the newer is full. What is forgotten depends on the entries alone, so runs agree.
 */
export class Window {
  /** Entries ever added. */
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

  /** Entries that are no longer remembered. */
  get forgotten(): number {
    return this.added - this.newer.size - (this.older?.size ?? 0);
  }

  /** A remembered entry that shares a band with `probe` and is accepted. */
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
   * Continues with the entries of an earlier run: `read` gives the bytes of `count` of them from number `first` on. Only
   * those that are still remembered are asked for.
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
