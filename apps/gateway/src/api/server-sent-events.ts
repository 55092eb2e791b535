import { once } from 'node:events';
import type { Response } from 'express';

/** Keeps proxies and clients from taking a quiet stream for a lost one. */
const HEARTBEAT_MS = 15_000;

export interface ServerSentEvent {
  type: string;
  /** Where a client that lost the stream goes on from: it sends it as Last-Event-ID. */
  id?: string;
  data: object;
}

/** Writes events to the client as they come, those that come together at once, as `text/event-stream`, and ends with them or when the client leaves. */
export async function sendEvents(
  response: Response,
  eventsUntil: (signal: AbortSignal) => AsyncIterable<readonly ServerSentEvent[]>,
): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
  response.write(': open\n\n');
  const heartbeat = setInterval(() => response.write(': heartbeat\n\n'), HEARTBEAT_MS);
  try {
    for await (const events of eventsUntil(left.signal)) {
      if (left.signal.aborted) break;
      // A slow reader is waited for: what it has not read yet lies in the store, not in memory.
      if (!response.write(events.map(format).join('')))
        await once(response, 'drain', { signal: left.signal });
    }
  } catch (error) {
    if (!left.signal.aborted) throw error;
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
}

function format({ type, id, data }: ServerSentEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
