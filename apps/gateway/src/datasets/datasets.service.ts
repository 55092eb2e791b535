import { randomUUID } from 'node:crypto';
import {
  BadRequestException,
  ConflictException,
  Inject,
  Injectable,
  NotFoundException,
} from '@nestjs/common';
import type { Dataref } from '@open-chatgpt/events';
import { EventPublisher } from '@open-chatgpt/messaging';
import { OBJECT_STORE } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import type { z } from 'zod';
import { DocumentStore } from '../documents/document-store';
import { applied, type Dataset, type DatasetEvent, type datasetRequest } from './dataset';

/** Asks for datasets, and knows what became of them. */
@Injectable()
export class DatasetsService {
  private readonly datasets: DocumentStore<Dataset>;

  constructor(
    @Inject(OBJECT_STORE) objects: ObjectStore,
    private readonly events: EventPublisher,
  ) {
    this.datasets = new DocumentStore(objects, 'gateway/datasets');
  }

  all(): Promise<Dataset[]> {
    return this.datasets.all();
  }

  find(datasetId: string): Promise<Dataset | null> {
    return this.datasets.get(datasetId);
  }

  async get(datasetId: string): Promise<Dataset> {
    const dataset = await this.find(datasetId);
    if (!dataset) throw new NotFoundException(`there is no dataset "${datasetId}"`);
    return dataset;
  }

  /** Where a dataset that is ready lies. Throws what its caller may be told when there is none, or it is not ready. */
  async manifestOf(datasetId: string): Promise<Dataref> {
    const dataset = await this.find(datasetId);
    if (!dataset)
      throw new BadRequestException(
        `pipeline: there is no dataset "${datasetId}"; ask for it at /v1/datasets`,
      );
    const { status, manifest, error } = dataset;
    if (status === 'ready' && manifest) return manifest;
    const remedy = status === 'deleted' ? 'have it ingested again' : 'try again when it is ready';
    const why = error ? `: ${error.message}` : `; ${remedy}`;
    throw new ConflictException(`pipeline: the dataset "${datasetId}" is ${status}${why}`);
  }

  /** Has a dataset ingested. One that failed or was deleted may be asked for again, and so may the same. */
  async request({ datasetId = randomUUID(), ...wanted }: z.output<typeof datasetRequest>): Promise<Dataset> {
    const now = new Date().toISOString();
    const fresh: Dataset = { datasetId, status: 'requested', createdAt: now, updatedAt: now, ...wanted };
    const dataset = (await this.datasets.change(datasetId, (found) =>
      found === null || found.status === 'failed' || found.status === 'deleted' ? fresh : null,
    )) as Dataset;
    if (requestOf(dataset) !== requestOf(fresh))
      throw new ConflictException(`there is already a dataset "${datasetId}"`);
    // Also when it had been asked for: a crash may have come between. Of the same id, readers skip it.
    const id = `${datasetId}/requested/${dataset.createdAt}`;
    if (dataset.status === 'requested')
      await this.events.publish('dataset.requested', { datasetId, ...wanted }, { id });
    return dataset;
  }

  /** Says that it is there no more, or that it is as it was before. @param from changes nothing when it is not so */
  async setStatus(datasetId: string, from: Dataset['status'], status: Dataset['status']): Promise<Dataset> {
    return (await this.datasets.change(datasetId, (found) =>
      found?.status === from ? { ...found, status, updatedAt: new Date().toISOString() } : found,
    )) as Dataset;
  }

  /** @param event may come twice */
  async learn(event: DatasetEvent): Promise<void> {
    await this.datasets.change(event.data.datasetId, (found) => applied(found, event));
  }
}

/** What was asked for, to compare. */
function requestOf({ source, adapter, options }: Dataset): string {
  return JSON.stringify([source, adapter ?? null, options ?? {}]);
}
