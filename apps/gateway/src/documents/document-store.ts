import { json } from 'node:stream/consumers';
import {
  changeVersion,
  type DocumentVersion,
  ObjectNotFoundError,
  type ObjectStore,
  PreconditionFailedError,
} from '@open-chatgpt/storage';
import { LRUCache } from 'lru-cache';

/** Requests under way at once when a whole collection is read. */
const AT_ONCE = 16;

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,249}$/;

/**
 * A collection of JSON documents in the object store. Several gateways may change one at a time: each change is a
 * compare-and-swap. Documents are never to be changed in place.
 */
export class DocumentStore<T extends object> {
  private readonly known: LRUCache<string, DocumentVersion<T>>;

  /**
   * @param collection prefix of the keys, such as `gateway/runs`
   * @param mostKnown documents kept in memory, each with the version that it was read at
   */
  constructor(
    private readonly objects: ObjectStore,
    private readonly collection: string,
    mostKnown = 10_000,
  ) {
    this.known = new LRUCache({ max: mostKnown });
  }

  /** @returns whether it was made: false where there is one of that id */
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

  /** In the order of their ids. */
  async ids(): Promise<string[]> {
    return (await this.listed()).map(({ id }) => id);
  }

  /** Every document, in the order of their ids; only what changed since is fetched. */
  async *each(): AsyncGenerator<T> {
    const listed = await this.listed();
    for (let i = 0; i < listed.length; i += AT_ONCE) {
      const batch = listed.slice(i, i + AT_ONCE).map(({ id, etag }) => this.fetch(id, etag));
      for (const document of await Promise.all(batch)) if (document) yield document;
    }
  }

  async all(): Promise<T[]> {
    const documents: T[] = [];
    for await (const document of this.each()) documents.push(document);
    return documents;
  }

  /**
   * Makes a document of what there is, again from what there then is when somebody else wrote in between.
   * @param change gives back what it was given, or null, to change nothing
   * @returns the document as it then is
   */
  async change(id: string, change: (found: T | null) => T | null): Promise<T | null> {
    const changed = await changeVersion(this.objects, this.keyOf(id), () => this.read(id), change);
    if (changed) this.known.set(id, changed);
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
    // No such id was ever given, and it may be no key of the store at all.
    if (!ID.test(id)) return null;
    const head = await this.objects.head(this.keyOf(id));
    if (!head) return null;
    const document = await this.fetch(id, head.etag);
    return document && { etag: head.etag, document };
  }

  private async fetch(id: string, etag: string): Promise<T | null> {
    const known = this.known.get(id);
    if (known?.etag === etag) return known.document;
    try {
      const document = (await json(await this.objects.get(this.keyOf(id)))) as T;
      this.known.set(id, { etag, document });
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
