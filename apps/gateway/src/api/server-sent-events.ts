import { once } from 'node:events';
import type { Response } from 'express';

/** Keeps proxies and clients from closing an idle stream. */
const HEARTBEAT_MS = 15_000;

export interface ServerSentEvent {
  type: string;
  /** A client that reconnects sends the last id as Last-Event-ID. */
  id?: string;
  data: object;
}

/** Sends events as `text/event-stream`, each batch in one write. Ends after the last batch, or when the client disconnects. */
export async function sendEvents(
  response: Response,
  batches: (signal: AbortSignal) => AsyncIterable<readonly ServerSentEvent[]>,
): Promise<void> {
  const disconnected = new AbortController();
  response.once('close', () => disconnected.abort());
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
  response.write(': open\n\n');
  const heartbeat = setInterval(() => response.write(': heartbeat\n\n'), HEARTBEAT_MS);
  try {
    for await (const events of batches(disconnected.signal)) {
      if (disconnected.signal.aborted) break;
      // Waits for a slow reader: the events it has not read are in the store, not in memory.
      if (!response.write(events.map(format).join('')))
        await once(response, 'drain', { signal: disconnected.signal });
    }
  } catch (error) {
    if (!disconnected.signal.aborted) throw error;
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
}

function format({ type, id, data }: ServerSentEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
