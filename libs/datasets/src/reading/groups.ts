import type { Adapter } from '../adapters/adapter';
import type { Row } from './row';

/** A row and its place. */
export interface PlacedRow {
  row: Row;
  line: number;
  /** The file's name, in a dataset of several. */
  file?: string;
}

/** Rows held until their groups are complete. Most files keep the rows of a group together; this is for the others. */
const HELD_ROWS = 200_000;

/** Groups rows that belong together, such as the messages of a tree. Holds a bounded number of rows. */
export class Groups {
  private readonly groups = new Map<string, PlacedRow[]>();
  private held = 0;

  constructor(
    private readonly adapter: Adapter,
    private readonly maxHeld = HELD_ROWS,
  ) {}

  *push(placed: PlacedRow): Generator<PlacedRow> {
    const key = this.adapter.groupOf?.(placed.row);
    if (key === undefined) {
      yield placed;
      return;
    }
    const group = this.groups.get(key);
    if (group) group.push(placed);
    else this.groups.set(key, [placed]);
    this.held++;
    while (this.held > this.maxHeld) {
      const [oldest] = this.groups.keys();
      yield* this.release(oldest);
    }
  }

  *end(): Generator<PlacedRow> {
    for (const key of [...this.groups.keys()]) yield* this.release(key);
  }

  private *release(key: string): Generator<PlacedRow> {
    const group = this.groups.get(key) as PlacedRow[];
    this.groups.delete(key);
    this.held -= group.length;
    const rows = this.adapter.assemble?.(group.map(({ row }) => row)) ?? [];
    for (const row of rows) {
      const place = group.find((placed) => placed.row['message_id'] === row['message_id']) ?? group[0];
      yield { ...place, row };
    }
  }
}
