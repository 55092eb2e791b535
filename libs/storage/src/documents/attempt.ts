import { randomUUID } from 'node:crypto';
import { StorageError, StorageFailure } from '../errors';
import type { ObjectStore } from '../object-store';
import { changeDocument, readDocument } from './change-document';

/** This process, among all that share a store: process ids are used again. */
const THIS_PROCESS: string = randomUUID();

/** Work that has ended so many processes, without progress in between, is not tried again. */
const MOST_DEATHS = 2;

interface OpenAttempt {
  id: string;
  process: string;
}

interface Attempts {
  formatVersion: 1;
  /** Attempts that have begun and have not said that they ended. */
  open: OpenAttempt[];
}

/** Work ended its process again and again, without an error that could be caught. */
export class WorkEndsProcess extends Error {}

/**
 * An attempt at work that may end its process: it takes all memory, or a native library fails. No `catch` sees that, and
 * the work is delivered again, without end. So the store counts the attempts that begin and do not end.
 */
export class Attempt {
  private constructor(
    private readonly store: ObjectStore,
    private readonly key: string,
    private readonly own: OpenAttempt,
    private hasOthers: boolean,
  ) {}

  /**
   * @param key of the document that counts the attempts at this work
   * @param process unique among the processes that share the store
   * @throws WorkEndsProcess when it has ended too many processes; then the count starts at 0
   */
  static async begin(store: ObjectStore, key: string, process = THIS_PROCESS): Promise<Attempt> {
    const own = { id: randomUUID(), process };
    let deaths = 0;
    await changeDocument(store, key, (raw): Attempts => {
      // An attempt of this process has not ended it.
      const others = parse(key, raw).open.filter((one) => one.process !== process);
      deaths = others.length;
      return { formatVersion: 1, open: deaths < MOST_DEATHS ? [...others, own] : [] };
    });
    if (deaths < MOST_DEATHS) return new Attempt(store, key, own, deaths > 0);
    throw new WorkEndsProcess(
      `${deaths} processes ended while they worked on this, and none said why; most often it needs more memory than the ` +
        'machine has, or a native library fails on its data. It is not tried again by itself.',
    );
  }

  /** The work goes forward: what ended earlier processes was not the work. */
  async progress(): Promise<void> {
    if (!this.hasOthers) return;
    await this.change(({ open }) => open.filter(({ id }) => id === this.own.id));
    this.hasOthers = false;
  }

  /** The attempt has ended, whatever its result, and its process has not. */
  async end(): Promise<void> {
    try {
      const { open } = parse(this.key, await readDocument(this.store, this.key));
      // One that begins in the same moment may be deleted with it, and is not counted then.
      if (open.every(({ id }) => id === this.own.id)) await this.store.delete(this.key);
      else await this.change(({ open }) => open.filter(({ id }) => id !== this.own.id));
    } catch (error) {
      // It counts until this process begins the next attempt.
      if (!(error instanceof StorageFailure)) throw error;
    }
  }

  private async change(change: (attempts: Attempts) => OpenAttempt[]): Promise<void> {
    await changeDocument(
      this.store,
      this.key,
      (raw): Attempts => ({ formatVersion: 1, open: change(parse(this.key, raw)) }),
    );
  }
}

function parse(key: string, raw: unknown): Attempts {
  if (raw === null) return { formatVersion: 1, open: [] };
  const { open } = raw as Partial<Attempts>;
  if (Array.isArray(open) && open.every((one) => typeof one?.id === 'string')) return raw as Attempts;
  throw new StorageError(`"${key}" does not count attempts: expected a list "open"; delete it.`);
}
