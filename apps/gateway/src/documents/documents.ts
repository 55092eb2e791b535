import type { ObjectStore } from '@open-chatgpt/storage';
import type { z } from 'zod';
import type { DamagedDocument } from './damaged-document';
import { DocumentStore } from './document-store';
import { EventLog } from './event-log';

/** The collections of documents in the object store. Damaged documents are reported once, and left aside. */
export class Documents {
  /** The etag of each damaged document that was found, by its key. */
  private readonly damaged = new Map<string, string>();

  /** @param report called once for each damaged version of a document */
  constructor(
    private readonly objects: ObjectStore,
    private readonly report: (damage: DamagedDocument) => void,
  ) {}

  /**
   * @param name prefix of the keys, such as `gateway/runs`
   * @param schema checks each document when it is read
   */
  collection<T extends object>(name: string, schema: z.ZodType<T>): DocumentStore<T> {
    return new DocumentStore(this.objects, name, { schema, onDamage: this.onDamage });
  }

  /** @param name prefix of the keys, such as `gateway/history` */
  log<E extends { id: string }>(name: string): EventLog<E> {
    return new EventLog<E>(this.objects, name, this.onDamage);
  }

  /** The keys of damaged documents that were found and are still damaged. */
  async stillDamaged(): Promise<string[]> {
    for (const [key, etag] of this.damaged)
      if ((await this.objects.head(key))?.etag !== etag) this.damaged.delete(key);
    return [...this.damaged.keys()];
  }

  private readonly onDamage = (damage: DamagedDocument): void => {
    if (this.damaged.get(damage.key) === damage.etag) return;
    this.damaged.set(damage.key, damage.etag);
    this.report(damage);
  };
}
