import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from 'node:fs';

/** A file of one JSON object a line that is only ever appended to, save when a run goes back to a checkpoint. */
export interface JsonLines<T> {
  append(rows: readonly T[]): void;
  read(): T[];
  /** Keeps only some of the rows, in one atomic step. */
  keep(wanted: (rows: T[]) => T[]): void;
  /** May be called twice; nothing can be appended after it. */
  close(): void;
}

/** Bytes of the lines that are complete: a killed process may leave half a line at the end. */
function completeBytes(path: string): { size: number; complete: number } {
  const bytes = readFileSync(path);
  return { size: bytes.length, complete: bytes.lastIndexOf(10) + 1 };
}

/** Opens the file for appending and cuts off half a line at its end. */
export function openJsonLines<T>(path: string): JsonLines<T> {
  if (existsSync(path)) {
    const { size, complete } = completeBytes(path);
    if (complete < size) truncateSync(path, complete);
  }
  let file: number | null = openSync(path, 'a');
  const opened = (): number => {
    if (file === null) throw new Error(`${path} was closed; open the run folder again to write to it`);
    return file;
  };
  const text = (rows: readonly T[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const journal: JsonLines<T> = {
    append(rows) {
      if (rows.length > 0) writeSync(opened(), text(rows));
    },
    read: () => readJsonLines<T>(path),
    keep(wanted) {
      const passing = `${path}.writing`;
      const replacement = openSync(passing, 'w');
      writeSync(replacement, text(wanted(journal.read())));
      fsyncSync(replacement);
      closeSync(replacement);
      closeSync(opened());
      renameSync(passing, path);
      file = openSync(path, 'a');
    },
    close() {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
  return journal;
}

/** The complete lines of a file; none where there is no file. @throws Error that names the line which is not JSON */
export function readJsonLines<T>(path: string): T[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as T;
    } catch {
      throw new Error(
        `${path}:${i + 1}: expected one JSON object; found ${line.slice(0, 60)}; repair or delete the line`,
      );
    }
  });
}
