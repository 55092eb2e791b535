import { isUtf8 } from 'node:buffer';
import { Columns } from './columns';
import { HeldBytes } from './held-bytes';
import type { RawRow } from './row';
import { broken, isBlank, type RowParser } from './row-parser';

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BLANK = 0x20;

/** Cells of a record, at most: each takes more memory than its bytes. */
const MOST_CELLS = 2 ** 16;

/** How a file separates its cells. */
export interface CsvDialect {
  /** The code of an ASCII character. */
  delimiter: number;
  /** Whether blanks follow each delimiter, as in `"a", "b"`, and belong to no cell. */
  blanks: boolean;
  /** Lines before the header. Excel writes "sep=;" there. */
  skipLines: number;
}

/** A parsed record: the places of its cells and its end, a need for more bytes, or an unclosed quotation mark. */
type Found = { cells: { start: number; end: number; quoted: boolean }[]; end: number } | 'more' | 'broken';

/**
 * CSV (RFC 4180), with line ends in quoted cells. When a quoted cell is not closed, only the line in which its record begins is left
 * out, and parsing continues with the next line. (csv-parse continues after the place of the error, and loses the rows in between.)
 */
export class CsvParser implements RowParser {
  private readonly held = new HeldBytes();
  /** A record that did not end is parsed again when there are so many bytes: twice as many, so that the time stays linear. */
  private retryAt = 0;
  private line = 1;
  /** True while the rest of a line that is too long is skipped. */
  private skipping = false;
  private readonly columns = new Columns();

  constructor(
    private readonly maxRowBytes: number,
    private readonly dialect: CsvDialect,
  ) {}

  *push(chunk: Buffer): Generator<RawRow> {
    this.held.append(chunk);
    if (this.held.length >= this.retryAt) yield* this.read(false);
  }

  *end(): Generator<RawRow> {
    yield* this.read(true);
  }

  private *read(ended: boolean): Generator<RawRow> {
    while (this.held.length > 0) {
      if (this.skipping) {
        const newline = this.held.bytes.indexOf(NEWLINE);
        this.skipping = newline === -1;
        this.skip(newline === -1 ? this.held.length : newline + 1);
        continue;
      }
      let found = this.record(ended);
      const tooLong = found === 'more' ? this.held.length > this.maxRowBytes : false;
      this.retryAt = found === 'more' ? Math.min(2 * this.held.length, this.maxRowBytes + 1) : 0;
      if (found === 'more' && !tooLong) return;
      if (typeof found === 'string') {
        const newline = this.held.bytes.indexOf(NEWLINE);
        const end = newline === -1 ? this.held.length : newline + 1;
        this.skipping = newline === -1;
        yield broken(tooLong ? 'rowTooLong' : 'brokenCsv', this.held.bytes.subarray(0, end), this.line);
        found = { cells: [], end };
      } else {
        const row = this.rowOf(found, this.held.bytes.subarray(0, found.end));
        if (row) yield row;
      }
      this.skip(found.end);
    }
  }

  private rowOf(found: Exclude<Found, string>, bytes: Buffer): RawRow | null {
    if (isBlank(bytes) || this.line <= this.dialect.skipLines) return null;
    if (bytes.length > this.maxRowBytes) return broken('rowTooLong', bytes, this.line);
    if (!isUtf8(bytes)) return broken('invalidUtf8', bytes, this.line);
    const cells = found.cells.map(({ start, end, quoted }) => {
      const text = bytes.toString('utf8', start, end);
      return quoted ? text.replaceAll('""', '"') : text;
    });
    return this.columns.row(cells, bytes, this.line);
  }

  private record(ended: boolean): Found {
    const held = this.held.bytes;
    const { delimiter, blanks } = this.dialect;
    const cells: { start: number; end: number; quoted: boolean }[] = [];
    for (let at = 0; ; ) {
      while (blanks && held[at] === BLANK) at++;
      const quoted = held[at] === QUOTE;
      const start = quoted ? at + 1 : at;
      const end = quoted ? closingQuote(held, start) : this.plainEnd(held, start);
      if (end === -1 && !ended) return 'more';
      if (end === -1 && quoted) return 'broken';
      const stop = end === -1 ? held.length : end;
      let next = quoted ? stop + 1 : stop;
      if (next >= held.length && !ended) return 'more';
      cells.push({
        start,
        end: !quoted && held[stop - 1] === RETURN && stop > start ? stop - 1 : stop,
        quoted,
      });
      while (blanks && quoted && held[next] === BLANK) next++;
      if (quoted && held[next] === RETURN) next++;
      if (next >= held.length) return ended ? { cells, end: held.length } : 'more';
      if (held[next] === NEWLINE) return { cells, end: next + 1 };
      if (held[next] !== delimiter || cells.length === MOST_CELLS) return 'broken';
      at = next + 1;
    }
  }

  private plainEnd(held: Buffer, from: number): number {
    for (let at = from; at < held.length; at++) {
      if (held[at] === this.dialect.delimiter || held[at] === NEWLINE) return at;
    }
    return -1;
  }

  private skip(bytes: number): void {
    const passed = this.held.bytes.subarray(0, bytes);
    for (let at = passed.indexOf(NEWLINE); at !== -1; at = passed.indexOf(NEWLINE, at + 1)) this.line++;
    this.held.drop(bytes);
  }
}

function closingQuote(held: Buffer, from: number): number {
  for (let at = held.indexOf(QUOTE, from); at !== -1; at = held.indexOf(QUOTE, at + 2)) {
    if (held[at + 1] !== QUOTE) return at;
  }
  return -1;
}
