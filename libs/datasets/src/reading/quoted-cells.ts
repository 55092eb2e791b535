/** The cells of a record of TSV, read line by line. */
export interface QuotedCells {
  cells: string[];
  /** The text so far of a cell in quotation marks that goes on in the next line; null when the record is complete. */
  open: string | null;
}

/** The cells of the first line of a record, where quotation marks around a whole cell may enclose tabs and line ends. */
export function quotedCells(line: string): QuotedCells {
  return cellsFrom(line, 0, []);
}

/** The record with its next line; null when a character follows the closing mark, so that it was none. */
export function continued({ cells, open }: QuotedCells, line: string): QuotedCells | null {
  const close = closingMark(line, 0);
  if (close === -1) return { cells, open: `${open}\n${line}` };
  if (!endsCell(line, close + 1)) return null;
  const cell = `${open}\n${line.slice(0, close)}`.replaceAll('""', '"');
  return close + 1 === line.length
    ? { cells: [...cells, cell], open: null }
    : cellsFrom(line, close + 2, [...cells, cell]);
}

function cellsFrom(line: string, from: number, before: string[]): QuotedCells {
  const cells = before;
  for (let at = from; ; ) {
    const close = line[at] === '"' ? closingMark(line, at + 1) : null;
    if (close === -1) return { cells, open: line.slice(at + 1) };
    const quoted = close !== null && endsCell(line, close + 1);
    const tab = line.indexOf('\t', quoted ? close : at);
    const end = tab === -1 ? line.length : tab;
    cells.push(quoted ? line.slice(at + 1, close).replaceAll('""', '"') : line.slice(at, end));
    if (tab === -1) return { cells, open: null };
    at = tab + 1;
  }
}

/** The place of the first quotation mark that is not doubled, or −1. */
function closingMark(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at !== -1; at = line.indexOf('"', at + 2))
    if (line[at + 1] !== '"') return at;
  return -1;
}

const endsCell = (line: string, at: number) => at === line.length || line[at] === '\t';
