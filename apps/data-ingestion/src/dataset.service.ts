import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { Inject, Injectable } from '@nestjs/common';
import type { DataOf } from '@open-chatgpt/events';
import { type IngestResources, ingest, openIngestRequest } from '@open-chatgpt/ingestion';
import { EventPublisher } from '@open-chatgpt/messaging';
import { CONFIG, LOGGER, type Logger, OBJECT_STORE, type ServiceConfig } from '@open-chatgpt/service';
import {
  manifestKeyOf,
  ObjectNotFoundError,
  type ObjectStore,
  publishFolder,
  StorageFullError,
  StorageUnavailableError,
} from '@open-chatgpt/storage';
import { maySucceedLater } from './may-succeed-later';
import { RESOURCES } from './permitted-resources';
import { describeReady } from './ready';

type Request = DataOf<'dataset.requested'>;

/** What the store keeps of a request that was carried out. */
interface Done {
  requestHash: string;
  ready: DataOf<'dataset.ready'>;
}

/**
 * Reads, cleans and stores the datasets that are asked for. Asked twice, it tells twice what it did once; killed, it goes on
 * from its last checkpoint when the request comes again. A dataset is visible once its manifest is, which is written last.
 */
@Injectable()
export class DatasetService {
  constructor(
    @Inject(CONFIG) private readonly config: ServiceConfig,
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(RESOURCES) private readonly resources: IngestResources,
    private readonly events: EventPublisher,
  ) {}

  /**
   * Resolves when the dataset is stored, or is known to be unusable, and that is told.
   * @param signal stops at the next row; what was done is kept for the next try, here
   * @throws what may pass by itself: the request should then be delivered again
   */
  async ingest(request: Request, signal: AbortSignal): Promise<void> {
    const { datasetId } = request;
    const requestHash = createHash('sha256').update(JSON.stringify(request)).digest('hex');
    const work = join(resolve(this.config.workDir), 'datasets', `${datasetId}-${requestHash.slice(0, 12)}`);
    try {
      const done = await this.find(datasetId);
      const ready = done?.requestHash === requestHash ? done.ready : await this.make(request, work, signal);
      await this.store.put(
        doneKey(datasetId),
        Buffer.from(JSON.stringify({ requestHash, ready } satisfies Done)),
      );
      await this.events.publish('dataset.ready', ready);
      await rm(work, { recursive: true, force: true });
    } catch (error) {
      if (signal.aborted || mayPass(error)) throw error;
      const { message } = error as Error;
      this.logger.warn({ datasetId, err: error }, 'dataset refused');
      await rm(work, { recursive: true, force: true });
      const retryable = maySucceedLater(error);
      const failure = { code: 'IngestionFailed', message: message.slice(0, 8192), retryable };
      await this.events.publish('dataset.failed', { datasetId, error: failure });
    }
  }

  private async make(request: Request, work: string, signal: AbortSignal): Promise<Done['ready']> {
    const { datasetId, source, adapter, options } = request;
    const { sources: more = [], weight, limit, ...rest } = options as Record<string, unknown>;
    const first = { source, adapter, weight, limit };
    const sources = Array.isArray(more) ? [first, ...more] : more;
    const opened = await openIngestRequest({ ...rest, sources } as never, this.resources);
    const folder = join(work, 'dataset');
    await mkdir(work, { recursive: true });
    await ingest({ ...opened, output: folder, resume: true, signal });
    const manifest = await publishFolder(this.store, `datasets/${datasetId}`, folder);
    return describeReady(datasetId, folder, manifest);
  }

  /** What was deleted since is done no more. */
  private async find(datasetId: string): Promise<Done | null> {
    try {
      const done = JSON.parse(await text(await this.store.get(doneKey(datasetId)))) as Done;
      return (await this.store.head(manifestKeyOf(this.store, done.ready.manifest))) ? done : null;
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return null;
      throw error;
    }
  }
}

const doneKey = (datasetId: string) => `datasets/${datasetId}/ready.json`;

/** What another try may find otherwise: a store that is away or full. A dataset that is wrong stays wrong. */
function mayPass(error: unknown): boolean {
  return error instanceof StorageUnavailableError || error instanceof StorageFullError;
}
