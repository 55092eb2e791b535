import { buffer } from 'node:stream/consumers';
import { ObjectNotFoundError, type ObjectStore } from '@open-chatgpt/storage';
import { LRUCache } from 'lru-cache';
import type { ChatMessage } from './input-items';

/** A response that a later one can continue. */
export interface KeptResponse {
  /** Only this caller reads, continues and deletes it. */
  caller: string;
  /** The whole conversation with the answer, without instructions. */
  messages: ChatMessage[];
  /** As it was sent. */
  body: object;
}

/** Where responses are kept. Ids are random, and checked before they are looked up. */
export interface KeptResponses {
  put(id: string, response: KeptResponse): Promise<void>;
  get(id: string): Promise<KeptResponse | null>;
  delete(id: string): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** In characters of JSON, over all responses. */
const MOST_CHARACTERS = 64 * 1024 * 1024;

/** Of a server without a platform: in memory, until it stops or others need the space. */
export class ResponsesInMemory implements KeptResponses {
  private readonly kept: LRUCache<string, string>;

  constructor(days: number) {
    this.kept = new LRUCache({
      maxSize: MOST_CHARACTERS,
      sizeCalculation: (text) => text.length,
      ttl: days * DAY_MS,
    });
  }

  async put(id: string, response: KeptResponse): Promise<void> {
    this.kept.set(id, JSON.stringify(response));
  }

  async get(id: string): Promise<KeptResponse | null> {
    const text = this.kept.get(id);
    return text === undefined ? null : (JSON.parse(text) as KeptResponse);
  }

  async delete(id: string): Promise<void> {
    this.kept.delete(id);
  }
}

const PREFIX = 'inference/responses/';

const HOUR_MS = 60 * 60 * 1000;

/** Of a platform: in its object store, so that every replica can continue them. */
export class ResponsesInStore implements KeptResponses {
  private sweptAt = Number.NEGATIVE_INFINITY;

  /** @param onSweepError receives the reason why old responses could not be removed */
  constructor(
    private readonly store: ObjectStore,
    private readonly days: number,
    private readonly onSweepError: (error: Error) => void,
  ) {}

  async put(id: string, response: KeptResponse): Promise<void> {
    await this.store.put(keyOf(id), Buffer.from(JSON.stringify(response)));
    if (performance.now() - this.sweptAt < HOUR_MS) return;
    this.sweptAt = performance.now();
    void this.sweep().catch(this.onSweepError);
  }

  async get(id: string): Promise<KeptResponse | null> {
    const found = await this.store.head(keyOf(id));
    if (!found || found.lastModified.getTime() < this.oldest) return null;
    try {
      const text = await buffer(await this.store.get(keyOf(id)));
      return JSON.parse(text.toString()) as KeptResponse;
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return null;
      throw error;
    }
  }

  delete(id: string): Promise<void> {
    return this.store.delete(keyOf(id));
  }

  private async sweep(): Promise<void> {
    for await (const { key, lastModified } of this.store.list(PREFIX))
      if (lastModified.getTime() < this.oldest) await this.store.delete(key);
  }

  private get oldest(): number {
    return Date.now() - this.days * DAY_MS;
  }
}

const keyOf = (id: string): string => `${PREFIX}${id}.json`;
