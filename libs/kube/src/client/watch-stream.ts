import type { IncomingMessage } from 'node:http';
import type { KubeObject } from '../object';
import { errorFromNetwork, errorFromStatus, KubeError } from './kube-error';

/** An event of a watch. A bookmark carries only `metadata.resourceVersion`. */
export interface WatchEvent<T extends KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: T;
}

/** More than etcd can store in one object; a longer line is no event. */
const LONGEST_LINE = 16 * 1024 * 1024;

/**
 * Reads the events of a watch, one JSON document a line.
 *
 * Ends when the server ends the stream between two events. Throws a KubeError when it ends in any other way: reset, silent
 * for `silentAfterMs`, a line that is no event, an event of type ERROR (its status decides, as with 410 Expired).
 */
export async function* readWatch<T extends KubeObject>(
  response: IncomingMessage,
  call: string,
  silentAfterMs: number,
): AsyncGenerator<WatchEvent<T>> {
  const silence = new KubeError({
    status: 0,
    reason: 'Timeout',
    message: `${call}: no event and no bookmark for ${silentAfterMs} ms`,
  });
  const timer = setTimeout(() => response.destroy(silence), silentAfterMs);
  response.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of response) {
      timer.refresh();
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      if (rest.length > LONGEST_LINE) throw malformed(call, rest);
      for (const line of lines) if (line.trim() !== '') yield parse<T>(line, call);
    }
    if (rest.trim() !== '') throw malformed(call, rest);
  } catch (error) {
    throw errorFromNetwork(error, call);
  } finally {
    clearTimeout(timer);
    response.destroy();
  }
}

function parse<T extends KubeObject>(line: string, call: string): WatchEvent<T> {
  let event: { type?: unknown; object?: unknown };
  try {
    event = JSON.parse(line);
  } catch {
    throw malformed(call, line);
  }
  if (event?.type === 'ERROR') throw errorFromStatus(event.object, 500, call);
  const { type, object } = event ?? {};
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED' && type !== 'BOOKMARK')
    throw malformed(call, line);
  if (!(object as KubeObject | undefined)?.metadata?.resourceVersion) throw malformed(call, line);
  return { type, object: object as T };
}

function malformed(call: string, line: string): KubeError {
  return new KubeError({
    status: 200,
    reason: 'InternalError',
    message: `${call}: found a line that is no event of a watch: ${line.slice(0, 100)}`,
  });
}
