import { type Line, LineSplitter } from './line-splitter';
import type { RawRow } from './row';
import { broken, isBlank, jsonRow, type RowParser } from './row-parser';

/** JSON Lines: one row on each line. Empty lines are skipped. */
export class JsonLinesParser implements RowParser {
  private readonly lines: LineSplitter;

  constructor(maxRowBytes: number) {
    this.lines = new LineSplitter(maxRowBytes);
  }

  *push(chunk: Buffer): Generator<RawRow> {
    for (const line of this.lines.push(chunk)) yield* rows(line);
  }

  *end(): Generator<RawRow> {
    for (const line of this.lines.end()) yield* rows(line);
  }
}

function* rows({ line, bytes, tooLong }: Line): Generator<RawRow> {
  if (tooLong) yield broken('rowTooLong', bytes, line);
  else if (!isBlank(bytes)) yield jsonRow(bytes, line);
}
