import { once } from 'node:events';
import type { Response } from 'express';

/**
 * Sends lines as `text/plain`, as they come, until the last one or until the client disconnects.
 * @throws what `lines` throws before the first line, so that it becomes a separate response
 */
export async function sendLines(
  response: Response,
  lines: (signal: AbortSignal) => AsyncIterable<string>,
): Promise<void> {
  const disconnected = new AbortController();
  const { signal } = disconnected;
  response.once('close', () => disconnected.abort());
  const iterator = lines(signal)[Symbol.asyncIterator]();
  try {
    let next = await iterator.next();
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'x-accel-buffering': 'no' });
    response.flushHeaders();
    for (; !next.done && !signal.aborted; next = await iterator.next())
      if (!response.write(`${next.value}\n`)) await once(response, 'drain', { signal });
    response.end();
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await iterator.return?.();
  }
}
