import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { Inject, Injectable } from '@nestjs/common';
import type { DataOf } from '@open-chatgpt/events';
import { type IngestResources, ingest, openIngestRequest } from '@open-chatgpt/ingestion';
import { EventPublisher } from '@open-chatgpt/messaging';
import { datasetOptions, ingestRequestOf } from '@open-chatgpt/pipeline';
import {
  CONFIG,
  checkWritable,
  LOGGER,
  type Logger,
  OBJECT_STORE,
  type ServiceConfig,
} from '@open-chatgpt/service';
import {
  Attempt,
  manifestKeyOf,
  ObjectNotFoundError,
  type ObjectStore,
  publishFolder,
  StorageFullError,
  StorageUnavailableError,
} from '@open-chatgpt/storage';
import { z } from 'zod';
import { CancelWatch, recordCancellation } from './cancellation';
import { isRetryable } from './is-retryable';
import { RESOURCES } from './permitted-resources';
import { describeReady } from './ready';

type Request = DataOf<'dataset.requested'>;

/** A completed request, as the store keeps it. */
interface CompletedRequest {
  requestHash: string;
  ready: DataOf<'dataset.ready'>;
}

/**
 * Ingests the requested datasets and publishes them to the store. Idempotent: a repeated request publishes the same event without a second
 * ingestion. After a crash, the redelivered request resumes from the last checkpoint; one that ended two processes fails. A dataset is visible once its manifest is, which is
 * written last.
 */
@Injectable()
export class DatasetService {
  constructor(
    @Inject(CONFIG) private readonly config: ServiceConfig,
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(RESOURCES) private readonly resources: IngestResources,
    private readonly events: EventPublisher,
  ) {
    checkWritable('workDir', config.workDir);
  }

  /**
   * Resolves when the dataset is stored, or has failed, and the event is published.
   * @param requestId of the event, which the answer names
   * @param signal stops at the next row, as a cancel does; a redelivered request resumes on this machine
   * @throws a temporary error of the store, after which the request should be redelivered
   */
  async ingest(request: Request, requestId: string, signal: AbortSignal): Promise<void> {
    const { datasetId } = request;
    const requestHash = createHash('sha256').update(JSON.stringify(request)).digest('hex');
    const work = join(resolve(this.config.workDir), 'datasets', `${datasetId}-${requestHash.slice(0, 12)}`);
    const watch = new CancelWatch(this.store, datasetId, requestId);
    const stop = AbortSignal.any([signal, watch.cancelled]);
    let attempt: Attempt | undefined;
    this.logger.info({ datasetId }, 'The ingestion of the dataset begins');
    try {
      await watch.start();
      stop.throwIfAborted();
      attempt = await Attempt.begin(this.store, `datasets/${datasetId}/attempts.json`);
      const completed = await this.findCompleted(datasetId);
      const ready =
        completed?.requestHash === requestHash ? completed.ready : await this.make(request, work, stop);
      await this.store.put(
        completedKey(datasetId),
        Buffer.from(JSON.stringify({ requestHash, ready } satisfies CompletedRequest)),
      );
      await this.events.publish('dataset.ready', { ...ready, requestId });
      this.logger.info({ datasetId, rows: ready.rows, examples: ready.examples }, 'The dataset is ready');
      await rm(work, { recursive: true, force: true });
    } catch (error) {
      if (signal.aborted) throw error;
      if (!watch.cancelled.aborted && isTemporary(error)) throw error;
      await rm(work, { recursive: true, force: true });
      const failure = watch.cancelled.aborted ? CANCELLED : failureOf(error as Error);
      if (failure === CANCELLED) this.logger.info({ datasetId }, 'The ingestion of the dataset is cancelled');
      else this.logger.warn({ datasetId, err: error }, 'The ingestion of the dataset has failed');
      await this.events.publish('dataset.failed', { datasetId, requestId, error: failure });
    } finally {
      watch.stop();
      await attempt?.end();
    }
  }

  /** Stops the ingestion of a request, on whichever replica it is. Resolves when the store holds the cancel. */
  cancel(request: DataOf<'dataset.cancel-requested'>): Promise<void> {
    return recordCancellation(this.store, request);
  }

  private async make(
    request: Request,
    work: string,
    signal: AbortSignal,
  ): Promise<CompletedRequest['ready']> {
    const { datasetId } = request;
    const ingestion = ingestRequestOf(request, parsedOptions(request.options));
    const opened = await openIngestRequest(ingestion, { ...this.resources, signal });
    const folder = join(work, 'dataset');
    await mkdir(work, { recursive: true });
    await ingest({ ...opened, output: folder, resume: true, signal });
    const manifest = await publishFolder(this.store, `datasets/${datasetId}`, folder);
    return describeReady(datasetId, folder, manifest);
  }

  /** The last completed request for a dataset, unless the dataset has been deleted since. */
  private async findCompleted(datasetId: string): Promise<CompletedRequest | null> {
    try {
      const object = await this.store.get(completedKey(datasetId));
      const completed = JSON.parse(await text(object)) as CompletedRequest;
      return (await this.store.head(manifestKeyOf(this.store, completed.ready.manifest))) ? completed : null;
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return null;
      throw error;
    }
  }
}

const CANCELLED = { code: 'Cancelled', message: 'the ingestion was cancelled on request', retryable: false };

const failureOf = (error: Error) => ({
  code: 'IngestionFailed',
  message: error.message.slice(0, 8192),
  retryable: isRetryable(error),
});

const completedKey = (datasetId: string) => `datasets/${datasetId}/ready.json`;

/** @throws Error that names every wrong field */
function parsedOptions(options: unknown): z.output<typeof datasetOptions> {
  const { success, data, error } = datasetOptions.safeParse(options);
  if (success) return data;
  throw new Error(`options: ${z.prettifyError(error)}`);
}

/** Whether the store is unavailable or full, so that a redelivered request may succeed. An error in the dataset is permanent. */
function isTemporary(error: unknown): boolean {
  return error instanceof StorageUnavailableError || error instanceof StorageFullError;
}
