/** Where a row that was left out lies, and the beginning of its text. */
export interface DroppedRow {
  /** The file, in a data set of several. */
  file?: string;
  line: number;
  text: string;
}

export interface ReadReport {
  /** The adapter that was named or found. */
  adapter: string;
  /** Rows in the files, with those that could not be read. */
  rows: number;
  /** Examples made of them. */
  examples: number;
  /** Rows that were left out, by reason. */
  dropped: Record<string, number>;
  /** The first row left out for each reason. */
  firstDropped: Record<string, DroppedRow>;
}

const SHOWN_CHARACTERS = 200;

/** Counts while a data set is read. */
export class Report implements ReadReport {
  adapter = '';
  rows = 0;
  examples = 0;
  dropped: Record<string, number> = {};
  firstDropped: Record<string, DroppedRow> = {};

  drop(reason: string, row: Omit<DroppedRow, 'text'> & { text: string | (() => string) }): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + 1;
    if (this.firstDropped[reason]) return;
    const text = typeof row.text === 'string' ? row.text : row.text();
    this.firstDropped[reason] = { ...row, text: text.slice(0, SHOWN_CHARACTERS) };
  }
}
