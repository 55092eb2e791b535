import { cancellationKey } from '@open-chatgpt/runs';
import { changeDocument, DocumentWatch, type ObjectStore, StorageError } from '@open-chatgpt/storage';
import { z } from 'zod';

const schema = z.object({
  formatVersion: z.literal(2),
  /** Requests for the run are cancelled up to this generation. */
  generation: z.int().min(0),
});

/** Named the time of the cancel instead. The process that wrote it repeats the cancel when the run starts. */
const formerSchema = z.object({ formatVersion: z.literal(1), requestedAt: z.number() });

/** How often a worker reads whether its run was cancelled. */
const WATCH_MS = 2000;

function parse(runId: string, raw: unknown): number | null {
  if (raw === null || formerSchema.safeParse(raw).success) return null;
  const { success, data, error } = schema.safeParse(raw);
  if (success) return data.generation;
  throw new StorageError(
    `"${cancellationKey(runId)}" is no request to cancel a run: ${z.prettifyError(error)}; delete it, and cancel again.`,
  );
}

/**
 * Stores a request to stop beside the record of the run. Any replica that receives the request stores it; the worker of
 * the run, now or later, reads it.
 * @param generation of the requests that it stops, and of all before; of several cancels the highest counts
 */
export async function recordCancellation(
  store: ObjectStore,
  runId: string,
  generation: number,
): Promise<void> {
  await changeDocument(store, cancellationKey(runId), (raw) => ({
    formatVersion: 2,
    generation: Math.max(generation, parse(runId, raw) ?? generation),
  }));
}

/**
 * Watches for a request to stop a run. A cancel names the generation that it means, so that the clocks of the machines
 * do not matter: a run that is requested again later has a higher generation, and is not affected.
 */
export class CancelWatch {
  private readonly cancel = new AbortController();
  private readonly watch: DocumentWatch;

  /** @param generation of the request that is executed */
  constructor(
    store: ObjectStore,
    runId: string,
    private readonly generation: number,
    watchMs = WATCH_MS,
  ) {
    const visit = (content: unknown) => {
      const cancelled = parse(runId, content);
      if (cancelled !== null) this.receive(cancelled);
    };
    this.watch = new DocumentWatch(store, cancellationKey(runId), visit, watchMs);
  }

  /** Aborted when the run is cancelled. */
  get cancelled(): AbortSignal {
    return this.cancel.signal;
  }

  /** Reads the store, now and periodically. @throws StorageError when the store cannot be read now */
  start(): Promise<void> {
    return this.watch.start();
  }

  /** Handles a cancel of the requests up to this generation. */
  receive(generation: number): void {
    if (generation >= this.generation) this.cancel.abort();
  }

  stop(): void {
    this.watch.stop();
  }
}
