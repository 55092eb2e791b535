import { cancellationKey } from '@open-chatgpt/runs';
import { changeDocument, type ObjectStore, readDocument, StorageError } from '@open-chatgpt/storage';
import { z } from 'zod';

const schema = z.object({
  formatVersion: z.literal(1),
  /** When it was last asked that the run stop, in milliseconds since 1970. */
  requestedAt: z.number(),
});

/** How often a worker looks whether its run was cancelled. */
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
 * Writes down beside the run's record that it is to stop. Whichever replica hears of it does so: the one at work, or one
 * that takes the run up later, finds it there.
 * @param requestedAt milliseconds since 1970; of several requests the latest counts
 */
export async function keepCancellation(
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
 * Tells one attempt at a run that it is to stop. A cancellation is meant for what was asked for before it: a run that is
 * asked for again later goes on, and an old cancellation that comes twice does it no harm.
 */
export class CancelWatch {
  private readonly cancel = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  /** @param askedAt when the run was asked for, in milliseconds since 1970 */
  constructor(
    private readonly store: ObjectStore,
    private readonly runId: string,
    private readonly askedAt: number,
    private readonly watchMs = WATCH_MS,
  ) {}

  /** Aborted as soon as it is known that the run was cancelled. */
  get cancelled(): AbortSignal {
    return this.cancel.signal;
  }

  /** Looks into the store, and from now on again and again. @throws StorageError when the store cannot be read now */
  async start(): Promise<void> {
    await this.look();
    // A store that is away is a matter for those who write.
    this.timer = setInterval(() => void this.look().catch(() => undefined), this.watchMs);
    this.timer.unref();
  }

  /** It was asked at this moment that the run stop. */
  hear(requestedAt: number): void {
    if (requestedAt >= this.askedAt) this.cancel.abort();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    const requestedAt = parse(this.runId, await readDocument(this.store, cancellationKey(this.runId)));
    if (requestedAt !== null) this.hear(requestedAt);
  }
}
