import { createReadStream } from 'node:fs';

const CHUNK_BYTES = 1 << 18;

/** The lines of a file, without their line ends. */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const end = chunk.subarray(from, at);
      yield rest.length === 0 ? end : Buffer.concat([...rest, end]);
      rest = [];
      from = at + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

/** The bytes of a file from `start` up to `end`, which is excluded. Default: all of them. */
export function readBytes(path: string, start = 0, end = Number.POSITIVE_INFINITY): AsyncIterable<Buffer> {
  return createReadStream(path, { start, end: end - 1, highWaterMark: CHUNK_BYTES });
}
