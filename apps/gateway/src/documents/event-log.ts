import type { ObjectStore } from '@open-chatgpt/storage';
import { LRUCache } from 'lru-cache';
import { DocumentStore } from './document-store';

/** A chunk with this many characters is full. */
const CHUNK_CHARACTERS = 65_536;

/** Cached logs, and cached chunks of each: the last one, to which entries are appended, and its predecessor. */
const [CACHED_LOGS, CACHED_CHUNKS] = [100, 2];

interface Chunk<E> {
  entries: E[];
}

export interface Logged<E> {
  /** Position in the log; `read` continues after it. */
  position: string;
  entry: E;
}

/**
 * Append-only logs in the object store. A log is a sequence of chunks, of which the last one grows. Several gateways can append;
 * an entry that is appended twice, as happens after a crash, is stored once.
 */
export class EventLog<E extends { id: string }> {
  /** Cached for each log: the number of its last chunk, and its last chunks. */
  private readonly logs = new LRUCache<string, { chunks: DocumentStore<Chunk<E>>; last?: number }>({
    max: CACHED_LOGS,
    memoMethod: (log) => ({
      chunks: new DocumentStore<Chunk<E>>(this.objects, `${this.collection}/${log}`, CACHED_CHUNKS),
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

  /** The entries after a position, chunk by chunk. @throws Error when `after` is not a position */
  async *read(log: string, after?: string): AsyncGenerator<Logged<E>[]> {
    let { number, index } = after === undefined ? { number: 0, index: 0 } : following(after);
    const { chunks } = this.logs.memo(log);
    for (;;) {
      const chunk = await chunks.get(idOf(number));
      if (!chunk) return;
      const first = index;
      const entries = chunk.entries.slice(first);
      if (entries.length > 0)
        yield entries.map((entry, i) => ({ position: `${number}-${first + i}`, entry }));
      if (!isFull(chunk)) return;
      [number, index] = [number + 1, 0];
    }
  }
}

/** Whether `text` has the form of a position. */
export function isPosition(text: string): boolean {
  return /^\d{1,8}-\d{1,8}$/.test(text);
}

function following(position: string): { number: number; index: number } {
  if (!isPosition(position))
    throw new Error(`"${position}" is not a position in a log; expected one such as 3-17`);
  const [number, index] = position.split('-').map(Number);
  return { number, index: index + 1 };
}

/** Zero-padded, so that chunks sort by their names. */
const idOf = (number: number) => String(number).padStart(8, '0');

function isFull({ entries }: Chunk<unknown>): boolean {
  return JSON.stringify(entries).length >= CHUNK_CHARACTERS;
}
