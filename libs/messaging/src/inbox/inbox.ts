import type { AnyEvent } from '@open-chatgpt/events';

/** What a JSON file can hold. */
export type Json = null | boolean | number | string | Json[] | { [field: string]: Json };

/** Remembers which events a consumer has dealt with, and what came of each. */
export interface Inbox {
  /** What was kept with `key`; undefined when it is new. */
  find(key: string): Promise<{ readonly result: Json } | undefined>;
  /** Keeps `key` and the result together, or neither; durable when it resolves. */
  keep(key: string, result: Json): Promise<void>;
  close(): Promise<void>;
}

/** CloudEvents names an event by source and id; each group deals with it once. */
export function inboxKey({ source, id }: Pick<AnyEvent, 'source' | 'id'>, group: string): string {
  return JSON.stringify([group, source, id]);
}

const underWay = new WeakMap<Inbox, Map<string, Promise<Json>>>();

/**
 * Carries out `effect` unless it was carried out for this event before, and resolves with its result either way.
 *
 * The result is kept in one write with the mark that the event is dealt with. So an effect that lies in its result (a
 * line of a ledger, a decision) happens exactly once; one that reaches outside is repeated when the process dies
 * between the effect and that write, and must bear it: an object written under the same name, an event with the same id.
 */
export async function handleOnce<T extends Json>(
  inbox: Inbox,
  event: { readonly source: string; readonly id: string; readonly group: string },
  effect: () => Promise<T>,
): Promise<T> {
  const key = inboxKey(event, event.group);
  const running = underWay.get(inbox) ?? new Map<string, Promise<Json>>();
  underWay.set(inbox, running);
  const twin = running.get(key);
  if (twin) return (await twin) as T;
  const work = (async () => {
    const found = await inbox.find(key);
    if (found) return found.result as T;
    const result = await effect();
    await inbox.keep(key, result);
    return result;
  })();
  running.set(key, work);
  try {
    return await work;
  } finally {
    running.delete(key);
  }
}
