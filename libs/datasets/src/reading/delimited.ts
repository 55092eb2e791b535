import { isUtf8 } from 'node:buffer';
import { type Line, LineSplitter } from './line-splitter';
import type { RawRow } from './row';
import { broken, isBlank, type RowParser } from './row-parser';

const NAME = /^[\p{L}_][\p{L}\p{N}_.-]{0,63}$/u;

/**
 * Converts records of cells to rows. The first record is the header when it consists of distinct one-word names; without a header, cells
 * are numbered from 0. A record whose number of cells differs from the first one's is left out.
 */
export class Columns {
  private names: string[] | null = null;
  private count = 0;

  row(cells: string[], bytes: Buffer, line: number): RawRow | null {
    if (this.count === 0) {
      this.count = cells.length;
      const named = new Set(cells).size === cells.length && cells.every((cell) => NAME.test(cell.trim()));
      if (named) {
        this.names = cells.map((cell) => cell.trim());
        return null;
      }
    }
    if (cells.length !== this.count) return broken('wrongCellCount', bytes, line);
    const { names } = this;
    return { line, value: names ? Object.fromEntries(cells.map((cell, i) => [names[i], cell])) : cells };
  }
}

/** TSV: one record on each line. Quotation marks have a meaning only around a whole cell. */
export class TsvParser implements RowParser {
  private readonly lines: LineSplitter;
  private readonly columns = new Columns();

  constructor(maxRowBytes: number) {
    this.lines = new LineSplitter(maxRowBytes);
  }

  *push(chunk: Buffer): Generator<RawRow> {
    for (const line of this.lines.push(chunk)) yield* this.rows(line);
  }

  *end(): Generator<RawRow> {
    for (const line of this.lines.end()) yield* this.rows(line);
  }

  private *rows({ line, bytes, tooLong }: Line): Generator<RawRow> {
    if (tooLong) yield broken('rowTooLong', bytes, line);
    else if (!isUtf8(bytes)) yield broken('invalidUtf8', bytes, line);
    else if (!isBlank(bytes)) {
      const row = this.columns.row(bytes.toString('utf8').split('\t').map(unquoted), bytes, line);
      if (row) yield row;
    }
  }
}

function unquoted(cell: string): string {
  if (!/^"[^"]*(?:""[^"]*)*"$/.test(cell)) return cell;
  return cell.slice(1, -1).replaceAll('""', '"');
}
