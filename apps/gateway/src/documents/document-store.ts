import { text } from 'node:stream/consumers';
import {
  changeVersion,
  type DocumentVersion,
  ObjectNotFoundError,
  type ObjectStore,
  PreconditionFailedError,
} from '@open-chatgpt/storage';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { DamagedDocument } from './damaged-document';

/** Concurrent requests when a whole collection is read. */
const CONCURRENCY = 16;

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,249}$/;

export interface CollectionRules<T> {
  /** Checks each document when it is read. Fields that it does not know are kept. */
  schema: z.ZodType<T>;
  /** Called for a damaged document, whenever it is read. */
  onDamage: (damage: DamagedDocument) => void;
  /** Number of documents kept in memory, each with its version; 10,000 by default. */
  cacheSize?: number;
}

/**
 * A collection of JSON documents in the object store. Several gateways can change a document, because each change is a
 * compare-and-swap. Callers must not modify documents in place.
 */
export class DocumentStore<T extends object> {
  private readonly cache: LRUCache<string, DocumentVersion<T>>;

  /**
   * @param collection prefix of the keys, such as `gateway/runs`
   */
  constructor(
    private readonly objects: ObjectStore,
    private readonly collection: string,
    private readonly rules: CollectionRules<T>,
  ) {
    this.cache = new LRUCache({ max: rules.cacheSize ?? 10_000 });
  }

  /** @returns whether the document was created; false if the id exists */
  async create(id: string, document: T): Promise<boolean> {
    try {
      await this.objects.put(this.keyOf(id), Buffer.from(`${JSON.stringify(document)}\n`), {
        ifNoneMatch: '*',
      });
      return true;
    } catch (error) {
      if (error instanceof PreconditionFailedError) return false;
      throw error;
    }
  }

  /** @throws DamagedDocument */
  async get(id: string): Promise<T | null> {
    return (await this.read(id))?.document ?? null;
  }

  /** All ids, in order. */
  async ids(): Promise<string[]> {
    return (await this.listed()).map(({ id }) => id);
  }

  /** Every document, in the order of the ids, without the damaged ones. Fetches only documents that have changed. */
  async *each(): AsyncGenerator<T> {
    const listed = await this.listed();
    for (let i = 0; i < listed.length; i += CONCURRENCY) {
      const batch = listed.slice(i, i + CONCURRENCY).map(({ id, etag }) => this.fetchUndamaged(id, etag));
      for (const document of await Promise.all(batch)) if (document) yield document;
    }
  }

  async all(): Promise<T[]> {
    const documents: T[] = [];
    for await (const document of this.each()) documents.push(document);
    return documents;
  }

  /**
   * Changes a document by compare-and-swap: after a concurrent change, `change` is called again with the new version.
   * @param change returns its argument, or null, to keep the document
   * @returns the current document
   * @throws DamagedDocument
   */
  async change(id: string, change: (found: T | null) => T | null): Promise<T | null> {
    const changed = await changeVersion(this.objects, this.keyOf(id), () => this.read(id), change);
    if (changed) this.cache.set(id, changed);
    return changed?.document ?? null;
  }

  private async listed(): Promise<{ id: string; etag: string }[]> {
    const prefix = `${this.collection}/`;
    const found: { id: string; etag: string }[] = [];
    for await (const { key, etag } of this.objects.list(prefix)) {
      found.push({ id: key.slice(prefix.length, -'.json'.length), etag });
    }
    return found;
  }

  private async read(id: string): Promise<DocumentVersion<T> | null> {
    // Such an id was never created, and may not be a valid key.
    if (!ID.test(id)) return null;
    const head = await this.objects.head(this.keyOf(id));
    if (!head) return null;
    const document = await this.fetch(id, head.etag);
    return document && { etag: head.etag, document };
  }

  private async fetch(id: string, etag: string): Promise<T | null> {
    const cached = this.cache.get(id);
    if (cached?.etag === etag) return cached.document;
    try {
      const document = this.parse(id, etag, await text(await this.objects.get(this.keyOf(id))));
      this.cache.set(id, { etag, document });
      return document;
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return null;
      throw error;
    }
  }

  private async fetchUndamaged(id: string, etag: string): Promise<T | null> {
    try {
      return await this.fetch(id, etag);
    } catch (error) {
      if (error instanceof DamagedDocument) return null;
      throw error;
    }
  }

  private parse(id: string, etag: string, content: string): T {
    try {
      const document = JSON.parse(content);
      const { success, error } = this.rules.schema.safeParse(document);
      if (success) return document;
      throw new DamagedDocument(this.keyOf(id), etag, z.prettifyError(error).replaceAll('\n', ' '));
    } catch (error) {
      const damage =
        error instanceof DamagedDocument
          ? error
          : new DamagedDocument(this.keyOf(id), etag, 'it is not JSON');
      this.rules.onDamage(damage);
      throw damage;
    }
  }

  private keyOf(id: string): string {
    return `${this.collection}/${id}.json`;
  }
}
