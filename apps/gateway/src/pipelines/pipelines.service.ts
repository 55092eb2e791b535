import { randomBytes } from 'node:crypto';
import {
  BadRequestException,
  ConflictException,
  Inject,
  Injectable,
  NotFoundException,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { DataOf, Dataref } from '@open-chatgpt/events';
import { EventPublisher } from '@open-chatgpt/messaging';
import {
  newPipeline,
  nextRequest,
  type Pipeline,
  pipelineAfter,
  type RunEvent,
  resumedPipeline,
  runHasEnded,
  stageOfPipeline,
} from '@open-chatgpt/orchestration';
import {
  datasetReferences,
  modelIds,
  type PipelineConfig,
  parsePipeline,
  type StageConfig,
} from '@open-chatgpt/pipeline';
import { LOGGER, type Logger, OBJECT_STORE } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { DatasetsService } from '../datasets/datasets.service';
import { DocumentStore } from '../documents/document-store';
import { ModelsService } from '../models/models.service';
import { RunsService } from '../runs/runs.service';

type Inputs = DataOf<'run.requested'>['inputs']['datasets'];

/** Stores pipelines, requests their stages one after the other, and tracks their state. */
@Injectable()
export class PipelinesService implements OnApplicationBootstrap {
  private readonly pipelines: DocumentStore<Pipeline>;

  constructor(
    @Inject(OBJECT_STORE) objects: ObjectStore,
    private readonly events: EventPublisher,
    private readonly runs: RunsService,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly datasets: DatasetsService,
    private readonly models: ModelsService,
  ) {
    this.pipelines = new DocumentStore(objects, 'gateway/pipelines');
  }

  /** Requests waiting stages again: a crash may have prevented it. A stage that is requested twice is executed once. */
  async onApplicationBootstrap(): Promise<void> {
    const warn = (error: unknown) =>
      this.logger.warn(
        { err: error },
        'a waiting stage was not requested again; openchat resume requests it',
      );
    const pipelines = await this.pipelines.all().catch((error) => {
      warn(error);
      return [];
    });
    for (const pipeline of pipelines) await this.requestNext(pipeline).catch(warn);
  }

  /**
   * @param file the text of a pipeline file, or the same as JSON; its paths must be absolute or URLs
   * @param pipelineId makes a repeated submission a conflict; by default the name with a random suffix
   */
  async submit(file: string | object, pipelineId?: string): Promise<Pipeline> {
    const config = parse(file);
    for (const stage of config.stages) await this.datasetsOf(stage);
    const id = pipelineId ?? `${config.name}-${randomBytes(4).toString('hex')}`;
    const pipeline = newPipeline(id, config, new Date().toISOString(), await this.modelsOf(config));
    if (!(await this.pipelines.create(id, pipeline)))
      throw new ConflictException(`there is already a pipeline "${id}"`);
    await this.requestNext(pipeline);
    return pipeline;
  }

  all(): Promise<Pipeline[]> {
    return this.pipelines.all();
  }

  async get(pipelineId: string): Promise<Pipeline> {
    const pipeline = await this.pipelines.get(pipelineId);
    if (!pipeline) throw new NotFoundException(`there is no pipeline "${pipelineId}"`);
    return pipeline;
  }

  /** Stops the running stage at its next step, with a checkpoint. No further stage starts. */
  async cancel(pipelineId: string): Promise<Pipeline> {
    const before = await this.get(pipelineId);
    if (before.status === 'completed' || before.status === 'failed')
      throw new ConflictException(`the pipeline "${pipelineId}" has ended: ${before.status}`);
    const pipeline = (await this.pipelines.change(
      pipelineId,
      (found) => found && (found.status === 'running' ? { ...found, status: 'cancelled' } : found),
    )) as Pipeline;
    await this.stopStages(pipeline);
    return pipeline;
  }

  /** Resumes a pipeline that was cancelled, failed, or lost its request, from its last checkpoint. */
  async resume(pipelineId: string): Promise<Pipeline> {
    const before = await this.get(pipelineId);
    if (before.status === 'completed')
      throw new ConflictException(`the pipeline "${pipelineId}" has completed`);
    const pipeline = (await this.pipelines.change(
      pipelineId,
      (found) => found && resumedPipeline(found),
    )) as Pipeline;
    for (const { runId } of pipeline.stages) await this.runs.reopen(runId);
    await this.requestNext(pipeline);
    return pipeline;
  }

  /**
   * Applies events of one run, and requests the next stage when the run has completed. Idempotent.
   * @param events in the order in which they were published
   */
  async apply(events: readonly RunEvent[]): Promise<void> {
    const { pipelineId } = events[0].data;
    if (pipelineId === undefined) return;
    const pipeline = await this.pipelines.change(
      pipelineId,
      (found) => found && events.reduce(pipelineAfter, found),
    );
    if (!pipeline) return;
    if (events.some(({ type }) => type === 'run.completed')) await this.requestNext(pipeline);
    // Another gateway requested the stage at the time of the cancel, so the first cancel did not apply to it.
    if (pipeline.status === 'cancelled' && events.some(({ type }) => type === 'run.started'))
      await this.stopStages(pipeline);
  }

  private async stopStages({ stages }: Pipeline): Promise<void> {
    // Also a waiting stage: its request is published, and the worker that receives it must find the cancel.
    const next = stages.find(({ status }) => status !== 'completed');
    if (next && !runHasEnded(next)) await this.runs.requestCancel(next);
  }

  private async requestNext(pipeline: Pipeline): Promise<void> {
    const request = nextRequest(pipeline);
    if (!request) return;
    const datasets = await this.datasetsOf(stageOfPipeline(pipeline, request.stage));
    // The same id after a crash, so that readers ignore the second event.
    const id = `${request.runId}/requested/${pipeline.resumed}`;
    await this.events.publish(
      'run.requested',
      { ...request, inputs: { ...request.inputs, datasets } },
      { id },
    );
  }

  /** The models of the platform that a pipeline names, by id. @throws HttpException when one does not exist */
  private async modelsOf(config: PipelineConfig): Promise<Record<string, Dataref>> {
    const found = modelIds(config).map(async (id) => [id, await this.models.manifestOf(id)] as const);
    return Object.fromEntries(await Promise.all(found));
  }

  /** The datasets of the platform that a stage reads. @throws HttpException when one is not ready */
  private datasetsOf(stage: StageConfig): Promise<Inputs> {
    return Promise.all(
      datasetReferences(stage).map(async (one) => ({
        ...one,
        manifest: await this.datasets.manifestOf(one.datasetId),
      })),
    );
  }
}

function parse(file: string | object): PipelineConfig {
  try {
    return parsePipeline(typeof file === 'string' ? file : JSON.stringify(file), 'pipeline');
  } catch (error) {
    if (error instanceof RangeError) throw new BadRequestException('pipeline: is nested too deeply');
    throw new BadRequestException((error as Error).message);
  }
}
