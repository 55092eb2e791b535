import { randomBytes } from 'node:crypto';
import {
  BadRequestException,
  ConflictException,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Dataref } from '@open-chatgpt/events';
import { newPipeline, type Pipeline, pipelineAfter, type RunEvent } from '@open-chatgpt/orchestration';
import { modelIds, type PipelineConfig, parsePipeline, pipelineOf } from '@open-chatgpt/pipeline';
import { CONFIG, LOGGER, type Logger } from '@open-chatgpt/service';
import { DatasetsService } from '../datasets/datasets.service';
import { PipelineExecutor } from '../execution/pipeline-executor';
import type { GatewayConfig } from '../gateway-config';
import { ModelsService } from '../models/models.service';
import { checkSubmission } from './check-submission';
import { PipelineDocuments } from './pipeline-documents';

/** Checks what clients ask of pipelines, and tracks the state of pipelines from the events of their runs. */
@Injectable()
export class PipelinesService implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly documents: PipelineDocuments,
    private readonly executor: PipelineExecutor,
    private readonly datasets: DatasetsService,
    private readonly models: ModelsService,
    @Inject(CONFIG) private readonly config: GatewayConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): Promise<void> {
    return this.executor.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.executor.stop();
  }

  /**
   * @param file the text of a pipeline file, or the same as JSON; its paths must be absolute or URLs
   * @param pipelineId makes a repeated submission a conflict; by default the name with a random suffix
   */
  async submit(file: string | object, pipelineId?: string): Promise<Pipeline> {
    const config = this.checked(file);
    const datasets: Record<string, Dataref> = {};
    for (const stage of config.stages)
      for (const { datasetId, manifest } of await this.datasets.inputsOf(stage))
        datasets[datasetId] = manifest;
    const id = pipelineId ?? `${config.name}-${randomBytes(4).toString('hex')}`;
    const pipeline = newPipeline(id, config, new Date().toISOString(), await this.modelsOf(config));
    const submitted = await this.executor.submit(pipeline, datasets);
    if (!submitted) throw new ConflictException(`there is already a pipeline "${id}"`);
    const stages = config.stages.map(({ name }) => name);
    this.logger.info({ pipelineId: id, stages }, 'A pipeline is submitted');
    return submitted;
  }

  all(): Promise<Pipeline[]> {
    return this.documents.all();
  }

  get(pipelineId: string): Promise<Pipeline> {
    return this.documents.get(pipelineId);
  }

  /** Stops the running stage at its next step, with a checkpoint. No further stage starts. */
  async cancel(pipelineId: string): Promise<Pipeline> {
    const before = await this.get(pipelineId);
    if (before.status === 'completed' || before.status === 'failed')
      throw new ConflictException(`the pipeline "${pipelineId}" has ended: ${before.status}`);
    this.logger.info({ pipelineId }, 'A pipeline is cancelled on request');
    return this.executor.cancel(before);
  }

  /** Resumes a pipeline that was cancelled, failed, or lost its request, from its last checkpoint. */
  async resume(pipelineId: string): Promise<Pipeline> {
    const before = await this.get(pipelineId);
    if (before.status === 'completed')
      throw new ConflictException(`the pipeline "${pipelineId}" has completed`);
    if (before.deletedAt)
      throw new ConflictException(`the pipeline "${pipelineId}" was deleted; submit it again`);
    this.logger.info({ pipelineId }, 'A pipeline is resumed on request');
    return this.executor.resume(before);
  }

  /** Cancels the pipeline if it has not ended. It can no longer be resumed; its history stays. Idempotent. */
  async remove(pipelineId: string): Promise<Pipeline> {
    return this.executor.remove(await this.get(pipelineId));
  }

  /**
   * Applies events of one run to the document of its pipeline. Idempotent.
   * @param events in the order in which they were published
   */
  async apply(events: readonly RunEvent[]): Promise<void> {
    const { pipelineId } = events[0].data;
    if (pipelineId === undefined) return;
    const pipeline = await this.documents.changeFound(pipelineId, (found) =>
      events.reduce(pipelineAfter, found),
    );
    if (pipeline) await this.executor.applied(pipeline, events);
  }

  /** @throws BadRequestException with one line per problem */
  private checked(file: string | object): PipelineConfig {
    try {
      const config =
        typeof file === 'string' ? parsePipeline(file, 'pipeline') : pipelineOf(file, 'pipeline');
      checkSubmission(config, this.config);
      return config;
    } catch (error) {
      throw new BadRequestException((error as Error).message);
    }
  }

  /** The models of the platform that a pipeline names, by id. @throws HttpException when one does not exist */
  private async modelsOf(config: PipelineConfig): Promise<Record<string, Dataref>> {
    const found = modelIds(config).map(async (id) => [id, await this.models.manifestOf(id)] as const);
    return Object.fromEntries(await Promise.all(found));
  }
}
