import { randomUUID } from 'node:crypto';
import { BadRequestException, ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import type { DataOf, Dataref } from '@open-chatgpt/events';
import { datasetReferences, type StageConfig } from '@open-chatgpt/pipeline';
import type { z } from 'zod';
import type { DocumentStore } from '../documents/document-store';
import { Documents } from '../documents/documents';
import { ArtifactRequests } from '../execution/artifact-requests';
import {
  applied,
  type Dataset,
  type DatasetEvent,
  type datasetRequest,
  datasetSchema,
  withRequest,
} from './dataset';

/** Requests the ingestion of datasets, and tracks their status. */
@Injectable()
export class DatasetsService {
  private readonly datasets: DocumentStore<Dataset>;

  constructor(
    documents: Documents,
    private readonly requests: ArtifactRequests,
  ) {
    this.datasets = documents.collection('gateway/datasets', datasetSchema);
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

  /** The manifest of a ready dataset. @throws HttpException when there is no such dataset, or it is not ready */
  async manifestOf(datasetId: string): Promise<Dataref> {
    const dataset = await this.find(datasetId);
    if (!dataset)
      throw new BadRequestException(
        `pipeline: there is no dataset "${datasetId}"; ingest it with POST /v1/datasets`,
      );
    const { status, manifest, error } = dataset;
    if (status === 'ready' && manifest) return manifest;
    const remedy = status === 'deleted' ? 'ingest it again' : 'try again when it is ready';
    const why = error ? `: ${error.message}` : `; ${remedy}`;
    throw new ConflictException(`pipeline: the dataset "${datasetId}" is ${status}${why}`);
  }

  /** The datasets of the platform that a stage reads. @throws HttpException when one is not ready */
  inputsOf(stage: StageConfig): Promise<DataOf<'run.requested'>['inputs']['datasets']> {
    return Promise.all(
      datasetReferences(stage).map(async (one) => ({
        ...one,
        manifest: await this.manifestOf(one.datasetId),
      })),
    );
  }

  /** Requests an ingestion. Idempotent; a failed or deleted dataset can be requested again. */
  async request({ datasetId = randomUUID(), ...wanted }: z.output<typeof datasetRequest>): Promise<Dataset> {
    const now = new Date().toISOString();
    const fresh: Dataset = { datasetId, status: 'requested', createdAt: now, updatedAt: now, ...wanted };
    const requestId = `${datasetId}/requested/${randomUUID()}`;
    const dataset = (await this.datasets.change(datasetId, (found) =>
      found === null || found.status === 'failed' || found.status === 'deleted'
        ? { ...fresh, requests: withRequest(found, requestId) }
        : null,
    )) as Dataset;
    if (requestOf(dataset) !== requestOf(fresh))
      throw new ConflictException(`there is already a dataset "${datasetId}"`);
    // Asks again: a crash may have prevented it before.
    if (dataset.status === 'requested') await this.requests.ingest(dataset);
    return dataset;
  }

  /** @param from the status is unchanged when it is not this one */
  async setStatus(datasetId: string, from: Dataset['status'], status: Dataset['status']): Promise<Dataset> {
    return (await this.datasets.change(datasetId, (found) =>
      found?.status === from ? { ...found, status, updatedAt: new Date().toISOString() } : found,
    )) as Dataset;
  }

  /** Idempotent: an event may be delivered twice. */
  async apply(event: DatasetEvent): Promise<void> {
    await this.datasets.change(event.data.datasetId, (found) => applied(found, event));
  }
}

/** The request, in a form that can be compared. */
function requestOf({ source, adapter, options }: Dataset): string {
  return JSON.stringify([source, adapter ?? null, options ?? {}]);
}
