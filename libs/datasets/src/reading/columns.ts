import type { RawRow } from './row';
import { broken } from './row-parser';

const LONGEST_NAME = 64;
const MOST_WORDS = 5;
const ONE_WORD = /^[\p{L}_][\p{L}\p{N}_.-]*$/u;
/** A name of several words, such as "Model answer (EN)". */
const WORDS = /^[\p{L}_][\p{L}\p{M}\p{N}_.:/#&'()[\] -]*[^.:\s]$/u;

/**
 * Whether the cells can be the names of columns: short, distinct, and none of them a number or a sentence. Cells may be empty, as the name
 * of pandas' index column is.
 */
export function isHeader(cells: readonly string[]): boolean {
  const names = cells.map((cell) => cell.trim()).filter((name) => name !== '');
  return names.length > 0 && new Set(names).size === names.length && names.every(isName);
}

function isName(name: string): boolean {
  if (name.length > LONGEST_NAME) return false;
  return ONE_WORD.test(name) || (WORDS.test(name) && name.split(/\s+/).length <= MOST_WORDS);
}

/**
 * Converts records of cells to rows. The first record is the header when its cells can be names; without a header, cells are numbered from
 * 0. A column without a name is called as pandas calls it, "Unnamed: 0". A record whose number of cells differs from the first one's is
 * left out.
 */
export class Columns {
  private names: string[] | null = null;
  /** Cells of a record; 0 before the first one. */
  count = 0;

  row(cells: string[], bytes: Buffer, line: number): RawRow | null {
    if (this.count === 0) {
      this.count = cells.length;
      if (isHeader(cells)) {
        this.names = cells.map((cell, i) => cell.trim() || `Unnamed: ${i}`);
        return null;
      }
    }
    if (cells.length !== this.count) return broken('wrongCellCount', bytes, line);
    const { names } = this;
    return { line, value: names ? Object.fromEntries(cells.map((cell, i) => [names[i], cell])) : cells };
  }
}
