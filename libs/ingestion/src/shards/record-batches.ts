import { isAscii } from 'node:buffer';
import { readLines } from '@open-chatgpt/datasets';
import type { Batch } from './tokenize-batch';

/** Records that are tokenized together; fewer when they are long. */
const BATCH_RECORDS = 1024;
const BATCH_CHARACTERS = 2 ** 20;

/** The records of a file from byte `start` and record number `first` on, in batches that depend on the records alone. */
export async function* recordBatches(
  chunks: AsyncIterable<Buffer>,
  { file, start, first }: { file: string; start: number; first: number },
): AsyncGenerator<Batch> {
  let lines: Uint8Array[] = [];
  let characters = 0;
  let number = first;
  let end = start;
  const take = (): Batch => {
    const batch = { bytes: join(lines), records: lines.length, first: number, file, end };
    number += lines.length;
    lines = [];
    characters = 0;
    return batch;
  };
  for await (const line of readLines(chunks)) {
    lines.push(line);
    characters += isAscii(line) ? line.length : line.toString('utf8').length;
    end += line.length + 1;
    if (lines.length === BATCH_RECORDS || characters >= BATCH_CHARACTERS) yield take();
  }
  if (lines.length > 0) yield take();
}

/** Joins the lines with line ends, in a new buffer that can be transferred to another thread. */
function join(lines: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, -1));
  let at = 0;
  for (const line of lines) {
    bytes.set(line, at);
    at += line.length;
    if (at < bytes.length) bytes[at++] = 10;
  }
  return bytes;
}
