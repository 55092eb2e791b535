import type { ObjectStore } from '@open-chatgpt/storage';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { DamagedDocument } from './damaged-document';
import { DocumentStore } from './document-store';

/** A chunk with this many characters is full. */
const CHUNK_CHARACTERS = 65_536;

/** Cached logs, and cached chunks of each: the last one, to which entries are appended, and its predecessor. */
const [CACHED_LOGS, CACHED_CHUNKS] = [100, 2];

/** Logs of which all ids are in memory while a consumer reads old messages again, and for how long: others append too. */
const [REPEATED_LOGS, REPEATED_MS] = [4, 10_000];

interface Chunk<E> {
  entries: E[];
  /** The offset of the last entry of each stream, up to the end of this chunk. */
  positions?: Record<string, number>;
}

const chunkSchema = z.object({
  entries: z.array(z.looseObject({ id: z.string() })),
  positions: z.record(z.string(), z.int()).optional(),
});

/** An entry, and where the message that brought it lies on the bus. */
export interface Appended<E> {
  entry: E;
  /** In a stream, later messages have higher offsets; a stream that was deleted and created again starts at 0. */
  origin?: { stream: string; offset: number };
}

export interface Logged<E> {
  /** Position in the log; `read` continues after it. */
  position: string;
  entry: E;
}

interface Log<E> {
  chunks: DocumentStore<Chunk<E>>;
  /** Number of the last chunk. */
  last?: number;
}

/**
 * Append-only logs in the object store. A log is a sequence of chunks, of which the last one grows. Several gateways can append.
 * An entry is stored once, however often it comes: right after a crash, because the last chunks have its id; and when a
 * consumer starts again at old messages, because the log knows how far it has read each stream. A damaged chunk is passed
 * over.
 */
export class EventLog<E extends { id: string }> {
  private readonly logs = new LRUCache<string, Log<E>>({
    max: CACHED_LOGS,
    memoMethod: (log) => ({
      chunks: new DocumentStore<Chunk<E>>(this.objects, `${this.collection}/${log}`, {
        schema: chunkSchema as unknown as z.ZodType<Chunk<E>>,
        onDamage: this.onDamage,
        cacheSize: CACHED_CHUNKS,
      }),
    }),
  });
  private readonly repeated = new LRUCache<string, Set<string>>({ max: REPEATED_LOGS, ttl: REPEATED_MS });

  /** @param collection prefix of the keys, such as `gateway/history` */
  constructor(
    private readonly objects: ObjectStore,
    private readonly collection: string,
    private readonly onDamage: (damage: DamagedDocument) => void,
  ) {}

  async append(name: string, added: readonly Appended<E>[]): Promise<void> {
    const log = this.logs.memo(name);
    let number = log.last ?? Math.max(0, (await log.chunks.ids()).length - 1);
    for (;;) {
      const before = number > 0 ? await undamaged(log, number - 1) : null;
      const outcome = await this.appendTo(name, number, before, added);
      if (outcome === 'repeated') this.repeated.set(name, await this.idsOf(name));
      else {
        for (const { entry } of outcome === 'appended' ? added : []) this.repeated.get(name)?.add(entry.id);
        log.last = number;
        if (outcome === 'appended') return;
        number += 1;
      }
    }
  }

  /** The entries after a position, chunk by chunk. @throws Error when `after` is not a position */
  async *read(name: string, after?: string): AsyncGenerator<Logged<E>[]> {
    let { number, index } = after === undefined ? { number: 0, index: 0 } : following(after);
    const log = this.logs.memo(name);
    for (;;) {
      const chunk = await undamaged(log, number);
      if (!chunk) return;
      const first = index;
      const entries = chunk.entries.slice(first);
      if (entries.length > 0)
        yield entries.map((entry, i) => ({ position: `${number}-${first + i}`, entry }));
      if (!isFull(chunk)) return;
      [number, index] = [number + 1, 0];
    }
  }

  /** `repeated`: the log may have an entry in an old chunk, so that all ids are needed. */
  private async appendTo(
    name: string,
    number: number,
    before: Chunk<E> | null,
    added: readonly Appended<E>[],
  ): Promise<'appended' | 'full' | 'repeated'> {
    let outcome: 'appended' | 'full' | 'repeated' = 'appended';
    try {
      await this.logs.memo(name).chunks.change(idOf(number), (found) => {
        outcome = found && isFull(found) ? 'full' : 'appended';
        if (outcome === 'full') return null;
        const chunk = {
          entries: found?.entries ?? [],
          positions: found?.positions ?? before?.positions ?? {},
        };
        const known = this.repeated.get(name);
        const isRepeated = added.some(({ origin }) => origin && isPast(origin, chunk.positions));
        if (isRepeated && !known) outcome = 'repeated';
        return outcome === 'repeated' ? null : withEntries(chunk, added, [before, found], known);
      });
    } catch (error) {
      if (!(error instanceof DamagedDocument)) throw error;
      return 'full';
    }
    return outcome;
  }

  private async idsOf(name: string): Promise<Set<string>> {
    const ids = new Set<string>();
    for await (const logged of this.read(name)) for (const { entry } of logged) ids.add(entry.id);
    return ids;
  }
}

/** The chunk after the entries that the log does not have; null when it has all. */
function withEntries<E extends { id: string }>(
  { entries, positions }: Required<Chunk<E>>,
  added: readonly Appended<E>[],
  last: readonly (Chunk<E> | null)[],
  known: Set<string> | undefined,
): Chunk<E> | null {
  const seen = new Set(last.flatMap((chunk) => chunk?.entries.map(({ id }) => id) ?? []));
  const fresh = added.filter(({ entry: { id } }) => !known?.has(id) && !seen.has(id) && seen.add(id));
  if (fresh.length === 0) return null;
  const reached = { ...positions };
  for (const { origin } of fresh) if (origin) reached[origin.stream] = origin.offset;
  return { entries: [...entries, ...fresh.map(({ entry }) => entry)], positions: reached };
}

function isPast(
  { stream, offset }: { stream: string; offset: number },
  positions: Record<string, number>,
): boolean {
  return offset <= (positions[stream] ?? -1);
}

/** A damaged chunk counts as a full one without entries. */
async function undamaged<E>({ chunks }: Log<E>, number: number): Promise<Chunk<E> | null> {
  try {
    return await chunks.get(idOf(number));
  } catch (error) {
    if (error instanceof DamagedDocument) return DAMAGED;
    throw error;
  }
}

const DAMAGED: Chunk<never> = { entries: [] };

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

function isFull(chunk: Chunk<unknown>): boolean {
  return chunk === DAMAGED || JSON.stringify(chunk.entries).length >= CHUNK_CHARACTERS;
}
