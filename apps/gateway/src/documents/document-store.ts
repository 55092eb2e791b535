import { json } from 'node:stream/consumers';
import {
  changeVersion,
  type DocumentVersion,
  ObjectNotFoundError,
  type ObjectStore,
  PreconditionFailedError,
} from '@open-chatgpt/storage';
import { LRUCache } from 'lru-cache';

/** Concurrent requests when a whole collection is read. */
const CONCURRENCY = 16;

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,249}$/;

/**
 * A collection of JSON documents in the object store. Several gateways can change a document, because each change is a
 * compare-and-swap. Callers must not modify documents in place.
 */
export class DocumentStore<T extends object> {
  private readonly cache: LRUCache<string, DocumentVersion<T>>;

  /**
   * @param collection prefix of the keys, such as `gateway/runs`
   * @param cacheSize number of documents kept in memory, each with its version
   */
  constructor(
    private readonly objects: ObjectStore,
    private readonly collection: string,
    cacheSize = 10_000,
  ) {
    this.cache = new LRUCache({ max: cacheSize });
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

  async get(id: string): Promise<T | null> {
    return (await this.read(id))?.document ?? null;
  }

  /** All ids, in order. */
  async ids(): Promise<string[]> {
    return (await this.listed()).map(({ id }) => id);
  }

  /** Every document, in the order of the ids. Fetches only documents that have changed. */
  async *each(): AsyncGenerator<T> {
    const listed = await this.listed();
    for (let i = 0; i < listed.length; i += CONCURRENCY) {
      const batch = listed.slice(i, i + CONCURRENCY).map(({ id, etag }) => this.fetch(id, etag));
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
      const document = (await json(await this.objects.get(this.keyOf(id)))) as T;
      this.cache.set(id, { etag, document });
      return document;
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return null;
      throw error;
    }
  }

  private keyOf(id: string): string {
    return `${this.collection}/${id}.json`;
  }
}
