import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readJsonArray } from './json-array';
import type { RawRow } from './row';

/**
 * The rows of a JSON or JSON Lines file, gzipped or not. What the content begins with decides, not the name: BELLE's JSON Lines
 * are named .json. JSON Lines are streamed; an array is read whole. A broken row is reported in its place.
 * Throws when the file is missing, empty, neither format, or damaged as gzip.
 */
export async function* readRows(path: string): AsyncGenerator<RawRow> {
  if (!existsSync(path)) {
    throw new Error(`data set ${path}: no such file. Check the path; it is relative to ${process.cwd()}.`);
  }
  let rows = 0;
  let whole: string[] | null = null;
  let line = 0;
  try {
    for await (const raw of createInterface({ input: open(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      line++;
      const text = line === 1 ? raw.replace(/^\uFEFF/, '') : raw;
      if (whole) whole.push(text);
      else if (text.trim() === '') continue;
      else if (rows === 0 && text.trimStart().startsWith('[')) whole = [...Array(line - 1).fill(''), text];
      else {
        if (rows === 0) checkFirstLine(path, text);
        rows++;
        yield parseLine(text, line);
      }
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw error;
    throw new Error(
      `data set ${path}: damaged gzip after line ${line} (${message}). It was cut off or altered on its way; fetch it again.`,
    );
  }
  if (whole) yield* readJsonArray(whole.join('\n'));
  else if (rows === 0)
    throw new Error(`data set ${path}: the file is empty; expected a JSON array or JSON Lines.`);
}

function open(path: string): Readable {
  const file = createReadStream(path);
  if (!path.endsWith('.gz')) return file;
  const unzipped = createGunzip();
  // pipe() does not pass errors on; without this a read error would end the process.
  file.on('error', (error) => unzipped.destroy(error));
  return file.pipe(unzipped);
}

/** Tells apart a bad first row from a file that is no JSON at all. */
function checkFirstLine(path: string, text: string): void {
  const start = text.trimStart();
  if (start === '{') {
    throw new Error(
      `data set ${path}: one JSON object over several lines; expected an array of rows, or one row on each line.`,
    );
  }
  if (!start.startsWith('{')) {
    throw new Error(
      `data set ${path}: begins with ${JSON.stringify(start.slice(0, 40))}; expected "[" (JSON array) or "{" (JSON Lines). ` +
        'CSV, TSV, Parquet and plain text are not read; convert the file first.',
    );
  }
}

function parseLine(text: string, line: number): RawRow {
  try {
    return { line, value: JSON.parse(text) };
  } catch (error) {
    return { line, broken: (error as Error).message, text };
  }
}
