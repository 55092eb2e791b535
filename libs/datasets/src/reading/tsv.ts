import { isUtf8 } from 'node:buffer';
import { Columns } from './columns';
import { type Line, LineSplitter } from './line-splitter';
import { continued, type QuotedCells, quotedCells } from './quoted-cells';
import type { RawRow } from './row';
import { broken, isBlank, type RowParser } from './row-parser';

/** The lines of a record whose last cell is not closed yet. */
interface Held {
  lines: Line[];
  bytes: number;
  record: QuotedCells;
}

/**
 * TSV. A record is a line, in which quotation marks have a meaning only around a whole cell: texts of FLAN begin with a mark that nothing
 * closes. pandas and Excel put cells with tabs and line ends in quotation marks. So lines are joined where a cell is not closed, the cells
 * up to the closing mark are as many as in the first record, and none of the lines is a whole record.
 */
export class TsvParser implements RowParser {
  private readonly lines: LineSplitter;
  private readonly columns = new Columns();
  private held: Held | null = null;

  constructor(private readonly maxRowBytes: number) {
    this.lines = new LineSplitter(maxRowBytes);
  }

  *push(chunk: Buffer): Generator<RawRow> {
    for (const line of this.lines.push(chunk)) yield* this.take(line);
  }

  *end(): Generator<RawRow> {
    for (const line of this.lines.end()) yield* this.take(line);
    if (this.held) yield* this.release(this.held);
  }

  private *take(line: Line): Generator<RawRow> {
    if (this.held) {
      const record = this.join(this.held, line);
      if (record) {
        yield* record;
        return;
      }
      yield* this.release(this.held);
    }
    if (line.tooLong) yield broken('rowTooLong', line.bytes, line.line);
    else if (!isUtf8(line.bytes)) yield broken('invalidUtf8', line.bytes, line.line);
    else if (!isBlank(line.bytes)) yield* this.begin(line);
  }

  private *begin(line: Line): Generator<RawRow> {
    const { count } = this.columns;
    const text = line.bytes.toString('utf8');
    const plain = text.split('\t');
    const record = quotedCells(text);
    if (record.open !== null && record.cells.length < count)
      this.held = { lines: [line], bytes: line.bytes.length, record };
    else if (record.open === null && plain.length !== count)
      yield* this.rowOf(record.cells, line.bytes, line.line);
    else yield* this.rowOf(plain.map(unquoted), line.bytes, line.line);
  }

  /** The rows of the held lines and this one: none while the record goes on. Null when they are not one record. */
  private join(held: Held, line: Line): Iterable<RawRow> | null {
    const { count } = this.columns;
    held.bytes += line.bytes.length + 1;
    if (line.tooLong || held.bytes > this.maxRowBytes || !isUtf8(line.bytes)) return null;
    const text = line.bytes.toString('utf8');
    if (text.split('\t').length === count && quotedCells(text).open === null) return null;
    const record = continued(held.record, text);
    if (record === null || record.cells.length > count) return null;
    if (record.open === null && record.cells.length !== count) return null;
    held.lines.push(line);
    held.record = record;
    if (record.open !== null) return [];
    this.held = null;
    return this.rowOf(record.cells, line.bytes, held.lines[0].line);
  }

  /** The held lines, each as a record. */
  private *release({ lines }: Held): Generator<RawRow> {
    this.held = null;
    for (const { bytes, line } of lines)
      if (!isBlank(bytes)) yield* this.rowOf(bytes.toString('utf8').split('\t').map(unquoted), bytes, line);
  }

  private *rowOf(cells: string[], bytes: Buffer, line: number): Generator<RawRow> {
    const row = this.columns.row(cells, bytes, line);
    if (row) yield row;
  }
}

function unquoted(cell: string): string {
  const { cells, open } = quotedCells(cell);
  return open === null && cells.length === 1 ? cells[0] : cell;
}
