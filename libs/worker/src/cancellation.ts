import { cancellationKey } from '@open-chatgpt/runs';
import { changeDocument, type ObjectStore, readDocument, StorageError } from '@open-chatgpt/storage';
import { z } from 'zod';

const schema = z.object({
  formatVersion: z.literal(1),
  /** When the last request to stop the run was made, in milliseconds since 1970. */
  requestedAt: z.number(),
});

/** How often a worker reads whether its run was cancelled. */
const WATCH_MS = 2000;

function parse(runId: string, raw: unknown): number | null {
  if (raw === null) return null;
  const { success, data, error } = schema.safeParse(raw);
  if (success) return data.requestedAt;
  throw new StorageError(
    `"${cancellationKey(runId)}" is no request to cancel a run: ${z.prettifyError(error)}; delete it, and cancel again.`,
  );
}

/**
 * Stores a request to stop beside the record of the run. Any replica that receives the request stores it; the worker of
 * the run, now or later, reads it.
 * @param requestedAt milliseconds since 1970; of several requests the latest counts
 */
export async function recordCancellation(
  store: ObjectStore,
  runId: string,
  requestedAt: number,
): Promise<void> {
  await changeDocument(store, cancellationKey(runId), (raw) => ({
    formatVersion: 1,
    requestedAt: Math.max(requestedAt, parse(runId, raw) ?? requestedAt),
  }));
}

/**
 * Watches for a request to stop one attempt at a run. A request cancels only what was requested before it: a run that is
 * requested again later is not affected, nor is it by a duplicate of an old request.
 */
export class CancelWatch {
  private readonly cancel = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  /** @param runRequestedAt when the run was requested, in milliseconds since 1970 */
  constructor(
    private readonly store: ObjectStore,
    private readonly runId: string,
    private readonly runRequestedAt: number,
    private readonly watchMs = WATCH_MS,
  ) {}

  /** Aborted when the run is cancelled. */
  get cancelled(): AbortSignal {
    return this.cancel.signal;
  }

  /** Reads the store, now and periodically. @throws StorageError when the store cannot be read now */
  async start(): Promise<void> {
    await this.read();
    // Writers report an unavailable store.
    this.timer = setInterval(() => void this.read().catch(() => undefined), this.watchMs);
    this.timer.unref();
  }

  /** Handles a request to stop that was made at this time. */
  receive(requestedAt: number): void {
    if (requestedAt >= this.runRequestedAt) this.cancel.abort();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async read(): Promise<void> {
    const requestedAt = parse(this.runId, await readDocument(this.store, cancellationKey(this.runId)));
    if (requestedAt !== null) this.receive(requestedAt);
  }
}
