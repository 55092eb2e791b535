import { createReadStream } from 'node:fs';

/** The lines of a file from byte `start` on, which must begin one; `end` is the byte behind the line and its newline. */
export async function* readLines(path: string, start = 0): AsyncGenerator<{ text: string; end: number }> {
  let rest: Buffer[] = [];
  let position = start;
  for await (const chunk of createReadStream(path, {
    start,
    highWaterMark: 1 << 18,
  }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, at)]);
      rest = [];
      from = at + 1;
      position += line.length + 1;
      yield { text: line.toString('utf8'), end: position };
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  const last = Buffer.concat(rest);
  if (last.length > 0) yield { text: last.toString('utf8'), end: position + last.length };
}
