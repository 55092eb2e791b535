import { randomBytes } from 'node:crypto';
import { BadRequestException, ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { EventPublisher } from '@open-chatgpt/messaging';
import { parsePipeline } from '@open-chatgpt/rlhf';
import { PreconditionFailedError } from '@open-chatgpt/storage';
import { applied, newPipeline, nextRequest, type Pipeline, type RunNews } from './pipeline';
import { PipelineStore } from './pipeline-store';

/** A run may take a hundred steps in a second: the document of its pipeline need not be written for each. */
const PROGRESS_MS = 500;

/** Takes pipelines, asks for their stages one after the other, and knows how far they are. */
@Injectable()
export class PipelinesService {
  private readonly keptAt = new Map<string, number>();

  constructor(
    private readonly pipelines: PipelineStore,
    private readonly events: EventPublisher,
  ) {}

  /**
   * @param text a pipeline file; its paths must be absolute or URLs, for the services have no current folder
   * @param pipelineId chosen by the caller so that asking twice submits once; by default name and a random part
   */
  async submit(text: string, pipelineId?: string): Promise<Pipeline> {
    const config = orBadRequest(() => parsePipeline(text, 'pipeline'));
    const id = pipelineId ?? `${config.name}-${randomBytes(4).toString('hex')}`;
    const pipeline = newPipeline(id, config, new Date().toISOString());
    try {
      await this.pipelines.create(pipeline);
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
      throw new ConflictException(`there is already a pipeline "${id}"`);
    }
    await this.requestNext(pipeline);
    return pipeline;
  }

  list(): Promise<Pipeline[]> {
    return this.pipelines.list();
  }

  async get(pipelineId: string): Promise<Pipeline> {
    const pipeline = await this.pipelines.get(pipelineId);
    if (!pipeline) throw new NotFoundException(`there is no pipeline "${pipelineId}"`);
    return pipeline;
  }

  /** Asks the stage at work to stop at its next step, with a checkpoint; no further stage begins. */
  async cancel(pipelineId: string): Promise<Pipeline> {
    await this.get(pipelineId);
    const pipeline = await this.pipelines.update(pipelineId, (found) =>
      found.status === 'running' ? { ...found, status: 'cancelled' } : found,
    );
    for (const { stage, runId, status } of pipeline?.stages ?? []) {
      if (status === 'running')
        await this.events.publish('run.cancel-requested', {
          runId,
          pipelineId,
          stage,
          reason: 'the pipeline was cancelled',
        });
    }
    return pipeline as Pipeline;
  }

  /** Goes on with a pipeline that was cancelled or has failed, from its last checkpoint. */
  async resume(pipelineId: string): Promise<Pipeline> {
    await this.get(pipelineId);
    const pipeline = (await this.pipelines.update(pipelineId, (found) =>
      found.status === 'completed'
        ? found
        : {
            ...found,
            status: 'running',
            stages: found.stages.map((run) =>
              run.status === 'completed' ? run : { ...run, status: 'waiting', error: undefined },
            ),
          },
    )) as Pipeline;
    await this.requestNext(pipeline);
    return pipeline;
  }

  /** What a worker told of a run: kept, and the next stage asked for. May come twice. */
  async learn(news: RunNews): Promise<void> {
    const { pipelineId, runId } = news.data;
    if (!pipelineId) return;
    const now = Date.now();
    if (news.type === 'run.progressed' && now - (this.keptAt.get(runId) ?? 0) < PROGRESS_MS) return;
    this.keptAt.set(runId, now);
    if (news.type === 'run.completed') this.keptAt.delete(runId);
    const pipeline = await this.pipelines.update(pipelineId, (found) => applied(found, news));
    if (pipeline && news.type === 'run.completed') await this.requestNext(pipeline);
  }

  private async requestNext(pipeline: Pipeline): Promise<void> {
    const request = nextRequest(pipeline);
    if (request) await this.events.publish('run.requested', request);
  }
}

function orBadRequest<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new BadRequestException((error as Error).message);
  }
}
