import type { ObjectStore } from '@open-chatgpt/storage';
import { LRUCache } from 'lru-cache';
import { DocumentStore } from './document-store';

/** A chunk that has grown to so many characters is followed by the next. */
const CHUNK_CHARACTERS = 65_536;

/** Logs of which chunks are kept in memory, and chunks of each: the last one, to which is added, and the one before. */
const [LOGS_KNOWN, CHUNKS_KNOWN] = [100, 2];

interface Chunk<E> {
  entries: E[];
}

export interface Logged<E> {
  /** Where it lies; reading goes on after it. */
  place: string;
  entry: E;
}

/**
 * Append-only logs in the object store: a log is a row of chunks, of which the last one grows. Several gateways may append;
 * an entry that comes twice, as events do after a crash, is kept once.
 */
export class EventLog<E extends { id: string }> {
  /** What this process keeps in memory of a log: the number of its last chunk, and the last chunks themselves. */
  private readonly logs = new LRUCache<string, { chunks: DocumentStore<Chunk<E>>; last?: number }>({
    max: LOGS_KNOWN,
    memoMethod: (log) => ({
      chunks: new DocumentStore<Chunk<E>>(this.objects, `${this.collection}/${log}`, CHUNKS_KNOWN),
    }),
  });

  /** @param collection prefix of the keys, such as `gateway/history` */
  constructor(
    private readonly objects: ObjectStore,
    private readonly collection: string,
  ) {}

  async append(log: string, entries: readonly E[]): Promise<void> {
    const known = this.logs.memo(log);
    const { chunks } = known;
    let number = known.last ?? Math.max(0, (await chunks.ids()).length - 1);
    for (;;) {
      const before = number > 0 ? ((await chunks.get(idOf(number - 1)))?.entries ?? []) : [];
      let full = false;
      await chunks.change(idOf(number), (found) => {
        full = found !== null && isFull(found);
        if (full) return null;
        const seen = new Set([...before, ...(found?.entries ?? [])].map(({ id }) => id));
        const fresh = entries.filter(({ id }) => !seen.has(id) && seen.add(id));
        return fresh.length > 0 ? { entries: [...(found?.entries ?? []), ...fresh] } : null;
      });
      known.last = number;
      if (!full) return;
      number += 1;
    }
  }

  /** What is in the log at this moment, after the given place, chunk by chunk. @throws Error when `after` is no place */
  async *read(log: string, after?: string): AsyncGenerator<Logged<E>[]> {
    let { number, index } = after === undefined ? { number: 0, index: 0 } : following(after);
    const { chunks } = this.logs.memo(log);
    for (;;) {
      const chunk = await chunks.get(idOf(number));
      if (!chunk) return;
      const first = index;
      const entries = chunk.entries.slice(first);
      if (entries.length > 0) yield entries.map((entry, i) => ({ place: `${number}-${first + i}`, entry }));
      if (!isFull(chunk)) return;
      [number, index] = [number + 1, 0];
    }
  }
}

/** Whether `text` is a place that `read` gives. */
export function isPlace(text: string): boolean {
  return /^\d{1,8}-\d{1,8}$/.test(text);
}

function following(place: string): { number: number; index: number } {
  if (!isPlace(place)) throw new Error(`"${place}" is no place in a log; expected one such as 3-17`);
  const [number, index] = place.split('-').map(Number);
  return { number, index: index + 1 };
}

/** Chunks sort by their names. */
const idOf = (number: number) => String(number).padStart(8, '0');

function isFull({ entries }: Chunk<unknown>): boolean {
  return JSON.stringify(entries).length >= CHUNK_CHARACTERS;
}
