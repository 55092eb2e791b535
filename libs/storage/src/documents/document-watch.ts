import type { ObjectStore } from '../object-store';
import { readDocument } from './change-document';

/** Reads a document periodically, for what another process may write into it. */
export class DocumentWatch {
  private timer: NodeJS.Timeout | undefined;

  /** @param visit receives the content after each read, null while there is no document */
  constructor(
    private readonly store: ObjectStore,
    private readonly key: string,
    private readonly visit: (content: unknown) => void,
    private readonly intervalMs: number,
  ) {}

  /** Reads now, and then periodically. @throws StorageError when the store cannot be read now */
  async start(): Promise<void> {
    await this.read();
    // Writers report an unavailable store.
    this.timer = setInterval(() => void this.read().catch(() => undefined), this.intervalMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async read(): Promise<void> {
    this.visit(await readDocument(this.store, this.key));
  }
}
