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
import { type RunEvent, hasEnded as runHasEnded } from '../runs/run';
import { RunsService } from '../runs/runs.service';
import { applied, newPipeline, nextRequest, type Pipeline, resumed, stageOfPipeline } from './pipeline';

type Inputs = DataOf<'run.requested'>['inputs']['datasets'];

/** Takes pipelines, asks for their stages one after the other, and knows how far they are. */
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

  /** A crash may have come between a document and its request. Asked for twice, a stage is carried out once. */
  async onApplicationBootstrap(): Promise<void> {
    const warn = (error: unknown) =>
      this.logger.warn({ err: error }, 'a stage that waits was not asked for again; openchat resume does');
    const pipelines = await this.pipelines.all().catch((error) => {
      warn(error);
      return [];
    });
    for (const pipeline of pipelines) await this.requestNext(pipeline).catch(warn);
  }

  /**
   * @param file the text of a pipeline file, or the same as JSON; its paths must be absolute or URLs, for the services have no current folder
   * @param pipelineId chosen by the caller so that asking twice submits once; by default name and a random part
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

  /** Asks the stage at work to stop at its next step, with a checkpoint; no further stage begins. */
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

  /** Goes on with a pipeline that was cancelled, has failed or was lost, from its last checkpoint. */
  async resume(pipelineId: string): Promise<Pipeline> {
    const before = await this.get(pipelineId);
    if (before.status === 'completed')
      throw new ConflictException(`the pipeline "${pipelineId}" has completed`);
    const pipeline = (await this.pipelines.change(
      pipelineId,
      (found) => found && resumed(found),
    )) as Pipeline;
    for (const { runId } of pipeline.stages) await this.runs.reopen(runId);
    await this.requestNext(pipeline);
    return pipeline;
  }

  /**
   * Keeps what was told of one run, and asks for the next stage when it has completed.
   * @param events in the order in which they were told; may come twice
   */
  async learn(events: readonly RunEvent[]): Promise<void> {
    const { pipelineId } = events[0].data;
    if (pipelineId === undefined) return;
    const pipeline = await this.pipelines.change(
      pipelineId,
      (found) => found && events.reduce(applied, found),
    );
    if (!pipeline) return;
    if (events.some(({ type }) => type === 'run.completed')) await this.requestNext(pipeline);
    // Asked for by another gateway at the very moment of the cancel, and so after it: it is cancelled once more.
    if (pipeline.status === 'cancelled' && events.some(({ type }) => type === 'run.started'))
      await this.stopStages(pipeline);
  }

  private async stopStages({ stages }: Pipeline): Promise<void> {
    // One that waits is meant, too: its request is under way, and whoever takes it up finds that it was cancelled.
    const next = stages.find(({ status }) => status !== 'completed');
    if (next && !runHasEnded(next)) await this.runs.requestCancel(next);
  }

  private async requestNext(pipeline: Pipeline): Promise<void> {
    const request = nextRequest(pipeline);
    if (!request) return;
    const datasets = await this.datasetsOf(stageOfPipeline(pipeline, request.stage));
    // Asked for again after a crash, it is the same event.
    const id = `${request.runId}/requested/${pipeline.resumed}`;
    await this.events.publish(
      'run.requested',
      { ...request, inputs: { ...request.inputs, datasets } },
      { id },
    );
  }

  /** The models of the platform that a pipeline names, by id. Throws when one is not there. */
  private async modelsOf(config: PipelineConfig): Promise<Record<string, Dataref>> {
    const found = modelIds(config).map(async (id) => [id, await this.models.manifestOf(id)] as const);
    return Object.fromEntries(await Promise.all(found));
  }

  /** The datasets of the platform that a stage reads. Throws when one is not there, or not ready. */
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
