import { changeDocument, type ObjectStore, readDocument, StorageError } from '@open-chatgpt/storage';
import { z } from 'zod';

const schema = z.object({ formatVersion: z.literal(1), requests: z.array(z.string()) });

/** Cancelled requests of a dataset that are remembered. */
const MOST_REQUESTS = 32;

/** How often a replica reads whether its request was cancelled. */
const WATCH_MS = 2000;

const keyOf = (datasetId: string) => `datasets/${datasetId}/cancelled.json`;

function parse(datasetId: string, raw: unknown): string[] {
  if (raw === null) return [];
  const { success, data, error } = schema.safeParse(raw);
  if (success) return data.requests;
  throw new StorageError(
    `"${keyOf(datasetId)}" does not list cancelled requests: ${z.prettifyError(error)}; delete it, and cancel again.`,
  );
}

/** Stores that a request is cancelled. Any replica stores it; the one that executes the request, now or later, reads it. */
export async function recordCancellation(
  store: ObjectStore,
  { datasetId, requestId }: { datasetId: string; requestId: string },
): Promise<void> {
  await changeDocument(store, keyOf(datasetId), (raw) => {
    const others = parse(datasetId, raw).filter((id) => id !== requestId);
    return { formatVersion: 1, requests: [...others, requestId].slice(-MOST_REQUESTS) };
  });
}

/** Watches whether a request is cancelled. */
export class CancelWatch {
  private readonly cancel = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: ObjectStore,
    private readonly datasetId: string,
    private readonly requestId: string,
  ) {}

  /** Aborted when the request is cancelled. */
  get cancelled(): AbortSignal {
    return this.cancel.signal;
  }

  /** Reads the store, now and periodically. @throws StorageError when the store cannot be read now */
  async start(): Promise<void> {
    await this.read();
    // Whoever writes next says that the store is away.
    this.timer = setInterval(() => void this.read().catch(() => undefined), WATCH_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async read(): Promise<void> {
    const requests = parse(this.datasetId, await readDocument(this.store, keyOf(this.datasetId)));
    if (requests.includes(this.requestId)) this.cancel.abort();
  }
}
