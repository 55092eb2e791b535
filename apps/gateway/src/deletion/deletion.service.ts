import { ConflictException, Inject, Injectable } from '@nestjs/common';
import { EventPublisher } from '@open-chatgpt/messaging';
import { pipelineHasEnded, type Run, runHasEnded, stageOfPipeline } from '@open-chatgpt/orchestration';
import { datasetReferences, type StageConfig } from '@open-chatgpt/pipeline';
import { OBJECT_STORE } from '@open-chatgpt/service';
import { type ObjectStore, unpublish } from '@open-chatgpt/storage';
import type { Dataset } from '../datasets/dataset';
import { DatasetsService } from '../datasets/datasets.service';
import { ArtifactRequests } from '../execution/artifact-requests';
import type { Model } from '../models/model';
import { ModelsService } from '../models/models.service';
import { PipelinesService } from '../pipelines/pipelines.service';
import { RunsService } from '../runs/runs.service';

/**
 * Deletes datasets and models that are not in use. A deletion first marks the dataset as deleted and then looks for its
 * users; a submission first looks for its datasets. So when both happen at once, at least one of them sees the other.
 */
@Injectable()
export class DeletionService {
  constructor(
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    private readonly datasets: DatasetsService,
    private readonly models: ModelsService,
    private readonly pipelines: PipelinesService,
    private readonly runs: RunsService,
    private readonly requests: ArtifactRequests,
    private readonly events: EventPublisher,
  ) {}

  /** Stops its ingestion too. Idempotent: a second call completes a deletion that a crash has interrupted. */
  async deleteDataset(datasetId: string): Promise<Dataset> {
    const { status: before } = await this.datasets.get(datasetId);
    const subject = `the dataset "${datasetId}"`;
    const inUse = () =>
      this.userOf(
        (stage) => datasetReferences(stage).some((one) => one.datasetId === datasetId),
        ({ status, inputs }) => status !== 'completed' && (inputs?.datasets.includes(datasetId) ?? false),
      );
    rejectIfUsed(subject, await inUse());
    const deleted = await this.datasets.setStatus(datasetId, before, 'deleted');
    const user = await inUse();
    if (user) await this.datasets.setStatus(datasetId, 'deleted', before);
    rejectIfUsed(subject, user);
    await this.requests.forgetDataset(datasetId);
    await this.cancelIngestion(deleted);
    await unpublish(this.store, `datasets/${datasetId}`);
    return deleted;
  }

  /** Who ingests it, or will, learns of it from the bus and the store. */
  private async cancelIngestion({ datasetId, manifest, requests }: Dataset): Promise<void> {
    const requestId = requests?.at(-1);
    if (manifest || requestId === undefined) return;
    const id = `${requestId}/cancel-requested`;
    await this.events.publish('dataset.cancel-requested', { datasetId, requestId }, { id });
  }

  /** An inference service that has loaded the model serves it until it restarts. */
  async deleteModel(modelId: string): Promise<Model> {
    const { manifest, deletedAt } = await this.models.get(modelId);
    const subject = `the model "${modelId}"`;
    const inUse = () =>
      this.userOf(
        () => false,
        ({ model, inputs }) =>
          [model, ...Object.values(inputs?.models ?? {})].some((one) => one?.uri === manifest.uri),
        manifest.uri,
      );
    rejectIfUsed(subject, await inUse());
    const deleted = await this.models.setDeleted(modelId, deletedAt ?? new Date().toISOString());
    const user = await inUse();
    if (user) await this.models.setDeleted(modelId, deletedAt);
    rejectIfUsed(subject, user);
    await this.requests.forgetModel(modelId);
    await unpublish(this.store, `models/${modelId}`);
    return deleted;
  }

  /**
   * The first pipeline or run that uses an artifact: pipelines that have not ended, and runs outside of pipelines.
   * @param named whether a stage that has not completed names the artifact
   * @param used whether a run of a stage, completed or not, uses it
   * @param pinned URI of the manifest, as pipelines pin it
   */
  private async userOf(
    named: (stage: StageConfig) => boolean,
    used: (run: Run) => boolean,
    pinned?: string,
  ): Promise<string | null> {
    for (const pipeline of await this.pipelines.all()) {
      if (pipelineHasEnded(pipeline)) continue;
      const { pipelineId, stages, models } = pipeline;
      const remaining = stages.filter(({ status }) => status !== 'completed');
      const isPinned = Object.values(models ?? {}).some((one) => one.uri === pinned);
      if (
        isPinned ||
        stages.some(used) ||
        remaining.some(({ stage }) => named(stageOfPipeline(pipeline, stage)))
      )
        return `the pipeline "${pipelineId}"`;
    }
    const run = (await this.runs.all()).find(
      (one) => one.pipelineId === undefined && !runHasEnded(one) && used(one),
    );
    return run ? `the run "${run.runId}"` : null;
  }
}

function rejectIfUsed(subject: string, user: string | null): void {
  if (user)
    throw new ConflictException(
      `${subject} is in use by ${user}; delete it when that has ended, or cancel it`,
    );
}
