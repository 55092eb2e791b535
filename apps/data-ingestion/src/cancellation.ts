import { changeDocument, DocumentWatch, type ObjectStore, StorageError } from '@open-chatgpt/storage';
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
  private readonly watch: DocumentWatch;

  constructor(store: ObjectStore, datasetId: string, requestId: string) {
    const visit = (content: unknown) => {
      if (parse(datasetId, content).includes(requestId)) this.cancel.abort();
    };
    this.watch = new DocumentWatch(store, keyOf(datasetId), visit, WATCH_MS);
  }

  /** Aborted when the request is cancelled. */
  get cancelled(): AbortSignal {
    return this.cancel.signal;
  }

  /** Reads the store, now and periodically. @throws StorageError when the store cannot be read now */
  start(): Promise<void> {
    return this.watch.start();
  }

  stop(): void {
    this.watch.stop();
  }
}
