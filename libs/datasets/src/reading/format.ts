import { BombGuard } from './bomb-guard';
import { isHeader } from './columns';
import { type CsvDialect, CsvParser } from './csv';
import { refuseOtherEncodings } from './encoding';
import { UnknownFormatError } from './errors';
import { JsonArrayParser } from './json-array';
import { JsonLinesParser } from './json-lines';
import { JsonObjectParser } from './json-object';
import type { ReadLimits } from './limits';
import type { RowParser } from './row-parser';
import { TsvParser } from './tsv';

/** Bytes that are inspected to recognize the format. */
export const SNIFFED_BYTES = 2 ** 20;

const PACKED: [string, number, string][] = [
  ['PK\x03\x04', 0, 'a zip archive'],
  ['BZh', 0, 'bzip2'],
  ['\xfd7zXZ', 0, 'xz'],
  ['7z\xbc\xaf', 0, 'a 7z archive'],
  ['ustar', 257, 'a tar archive'],
  ['\x1f\x8b', 0, 'gzip inside gzip or zstd'],
  ['\x28\xb5\x2f\xfd', 0, 'zstd inside gzip or zstd'],
  ['PAR1', 0, 'Parquet inside gzip or zstd'],
];
const LOOKED_AT_LINES = 100;

/**
 * The parser for a text whose first bytes are `head`; `whole` when there are no more. The content decides, because BELLE's JSON Lines are
 * named .json. The name decides only between CSV and TSV.
 * @throws UnknownFormatError
 */
export function parserFor(name: string, head: Buffer, whole: boolean, limits: ReadLimits): RowParser {
  const { maxRowBytes } = limits;
  const start = head.toString('latin1', 0, 300);
  const packed = PACKED.find(([magic, at]) => start.startsWith(magic, at));
  if (packed) throw new UnknownFormatError(`is ${packed[2]}, which is not read. Unpack it first.`);
  refuseOtherEncodings(head);
  const lines = new Lines(head, whole);
  const first = lines.next();
  if (first === null && !whole) return new JsonLinesParser(maxRowBytes);
  if (first === null) throw new UnknownFormatError('the file is empty; expected a JSON array or JSON Lines');
  if (first.startsWith('[')) {
    const second = first.endsWith(']') ? lines.next() : null;
    return second?.startsWith('[') ? new JsonLinesParser(maxRowBytes) : new JsonArrayParser(maxRowBytes);
  }
  if (first.startsWith('{')) {
    return isDocument(name, first, lines)
      ? new JsonObjectParser(maxRowBytes, new BombGuard(name, limits))
      : new JsonLinesParser(maxRowBytes);
  }
  const ending = /\.(csv|tsv)(\.\w+)?$/i.exec(name)?.[1].toLowerCase();
  if (ending !== 'csv' && ending !== 'tsv') {
    // The first row may be broken while the others are not.
    for (let i = 0, line = lines.next(); line !== null && i < LOOKED_AT_LINES; i++, line = lines.next()) {
      if (line.startsWith('{') && parses(line)) return new JsonLinesParser(maxRowBytes);
    }
  }
  if (ending !== undefined && first.includes('\uFFFD')) {
    throw new UnknownFormatError(
      'has names of columns that are not UTF-8, as Excel writes them without "CSV UTF-8". Convert it first, as with: ' +
        'iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW (Chinese: -f GB18030).',
    );
  }
  if (ending === 'tsv' || (ending !== 'csv' && first.includes('\t'))) return new TsvParser(maxRowBytes);
  const dialect = dialectOf(first, lines);
  if (ending === 'csv' || dialect.isHeader) return new CsvParser(maxRowBytes, dialect);
  throw new UnknownFormatError(
    `begins neither with a row nor with a list of rows; expected "[" (JSON array), "{" (JSON Lines), Parquet, or a name that ends with ` +
      '.csv or .tsv. Plain text is not read; convert the file first.',
  );
}

/** Whether the file is one object over several lines. Otherwise it has one object on each line, and the first may be broken. */
function isDocument(name: string, first: string, lines: Lines): boolean {
  if (parses(first)) return false;
  const second = lines.next();
  if (second !== null) return !(second.startsWith('{') && parses(second));
  // One line, or the beginning of a very long one.
  return lines.cut && !/\.(jsonl|ndjson)(\.\w+)?$/i.test(name);
}

function parses(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

/** How a CSV file is written, by its first line, or by the second one after Excel's "sep=;". */
function dialectOf(first: string, lines: Lines): CsvDialect & { isHeader: boolean } {
  const named = /^"?sep=(.)"?$/i.exec(first)?.[1];
  const header = named === undefined ? first : (lines.next() ?? '');
  const counts = [',', ';', '\t', '|'].map((delimiter) => ({ delimiter, cells: cellsOf(header, delimiter) }));
  const best = counts.reduce((a, b) => (b.cells.length > a.cells.length ? b : a));
  const { delimiter, cells } =
    named === undefined ? best : { delimiter: named, cells: cellsOf(header, named) };
  return {
    delimiter: delimiter.charCodeAt(0),
    blanks: cells.length > 1 && cells.slice(1).every((cell) => /^ +[^ ]/.test(cell)),
    skipLines: named === undefined ? 0 : 1,
    isHeader: cells.length > 1 && isHeader(cells.map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'))),
  };
}

/** The cells of a header as they are written. Delimiters in quotation marks do not count. */
function cellsOf(line: string, delimiter: string): string[] {
  const cells = [''];
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    if (character === delimiter && !quoted) cells.push('');
    else cells[cells.length - 1] += character;
  }
  return cells;
}

/** The non-empty lines of the head. */
class Lines {
  /** Whether the last line continues beyond the head. */
  cut = false;
  private at = 0;

  constructor(
    private readonly head: Buffer,
    private readonly whole: boolean,
  ) {}

  next(): string | null {
    while (this.at < this.head.length) {
      const newline = this.head.indexOf(0x0a, this.at);
      const end = newline === -1 ? this.head.length : newline;
      const line = this.head.toString('utf8', this.at, end).trim();
      this.cut = newline === -1 && !this.whole;
      this.at = end + 1;
      if (line !== '') return line;
    }
    return null;
  }
}
