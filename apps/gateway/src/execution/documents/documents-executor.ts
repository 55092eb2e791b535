import { ConflictException } from '@nestjs/common';
import type { EventPublisher } from '@open-chatgpt/messaging';
import {
  cancelledPipeline,
  interruptedPipeline,
  nextRequest,
  type Pipeline,
  pipelineHasEnded,
  type Run,
  type RunEvent,
  resumedPipeline,
  runHasEnded,
  stageOfPipeline,
} from '@open-chatgpt/orchestration';
import type { Logger } from '@open-chatgpt/service';
import type { DatasetsService } from '../../datasets/datasets.service';
import type { PipelineDocuments } from '../../pipelines/pipeline-documents';
import type { RunsService } from '../../runs/runs.service';
import { PipelineExecutor } from '../pipeline-executor';

/** The documents say what is wanted: long-lived workers are asked for one stage after the other, by events. */
export class DocumentsExecutor extends PipelineExecutor {
  readonly workersShareGroups = true;
  private readonly resuming = new Map<string, Promise<Pipeline>>();

  constructor(
    private readonly documents: PipelineDocuments,
    private readonly runs: RunsService,
    private readonly datasets: DatasetsService,
    private readonly events: EventPublisher,
    private readonly logger: Logger,
    /** Whether requests outlive this process. */
    private readonly durable: boolean,
  ) {
    super();
  }

  /**
   * Continues what a former process has left: asks for waiting stages, and for the end of cancelled ones, again. A stage
   * that is requested twice is executed once.
   */
  async start(): Promise<void> {
    const warn = (err: unknown, pipelineId?: string) =>
      this.logger.warn({ err, pipelineId }, 'The pipeline is not taken up; continue it with openchat resume');
    const pipelines = await this.documents.all().catch((error) => {
      warn(error);
      return [];
    });
    for (const pipeline of pipelines)
      await this.takeUp(pipeline).catch((error) => warn(error, pipeline.pipelineId));
  }

  private async takeUp(found: Pipeline): Promise<void> {
    if (pipelineHasEnded(found)) return;
    const pipeline = this.durable ? found : await this.interrupt(found);
    if (pipeline.status === 'cancelled') await this.stopStages(pipeline);
    else await this.requestNext(pipeline);
  }

  /** The workers ended with the process before this one, and with the requests that they had. */
  private async interrupt({ pipelineId }: Pipeline): Promise<Pipeline> {
    const pipeline = await this.documents.change(pipelineId, interruptedPipeline);
    await this.runs.interrupt(pipeline);
    return pipeline;
  }

  async stop(): Promise<void> {}

  async submit(pipeline: Pipeline): Promise<Pipeline | false> {
    return (await this.documents.create(pipeline)) && this.requestNext(pipeline);
  }

  async cancel({ pipelineId }: Pipeline): Promise<Pipeline> {
    const pipeline = await this.documents.change(pipelineId, cancelledPipeline);
    await this.stopStages(pipeline);
    return pipeline;
  }

  /** Several resumes at once are one. One of a stage that waits repeats its request if the bus may not have it. */
  resume({ pipelineId }: Pipeline): Promise<Pipeline> {
    const resuming =
      this.resuming.get(pipelineId) ??
      this.resumeOnce(pipelineId).finally(() => this.resuming.delete(pipelineId));
    this.resuming.set(pipelineId, resuming);
    return resuming;
  }

  private async resumeOnce(pipelineId: string): Promise<Pipeline> {
    const pipeline = await this.documents.change(pipelineId, resumedPipeline);
    const running = pipeline.stages.find(({ status }) => status === 'running');
    if (running)
      throw new ConflictException(
        `the pipeline "${pipelineId}" is running: its stage "${running.stage}" is at step ${running.step}; to start it again from its last checkpoint, cancel it first`,
      );
    await this.runs.reopen(pipeline);
    return this.requestNext(pipeline);
  }

  async remove({ pipelineId }: Pipeline): Promise<Pipeline> {
    const deletedAt = new Date().toISOString();
    const pipeline = await this.documents.change(pipelineId, (found) =>
      found.deletedAt ? found : { ...cancelledPipeline(found), deletedAt },
    );
    if (pipeline.status === 'cancelled') await this.stopStages(pipeline);
    return pipeline;
  }

  async cancelRun(run: Run): Promise<void> {
    const pipeline = run.pipelineId === undefined ? null : await this.documents.find(run.pipelineId);
    await this.runs.requestCancel(run, pipeline?.resumed);
  }

  async applied(pipeline: Pipeline, events: readonly RunEvent[]): Promise<void> {
    if (events.some(({ type }) => type === 'run.completed')) await this.requestNext(pipeline);
    // The worker may have missed the cancel: its message or its document is lost.
    if (pipeline.status === 'cancelled' && events.some(({ type }) => type === 'run.started'))
      await this.stopStages(pipeline);
  }

  private async stopStages({ stages, resumed }: Pipeline): Promise<void> {
    // Also a waiting stage: its request is published, and the worker that receives it must find the cancel.
    const next = stages.find(({ status }) => status !== 'completed');
    if (next && !runHasEnded(next)) await this.runs.requestCancel(next, resumed);
  }

  /** Requests the next stage, unless the bus has the request. */
  private async requestNext(pipeline: Pipeline): Promise<Pipeline> {
    const request = nextRequest(pipeline);
    if (!request) return pipeline;
    // The same id after a crash, so that readers ignore the second event.
    const id = `${request.runId}/requested/${pipeline.resumed}`;
    if (id === pipeline.requested) return pipeline;
    const datasets = await this.datasets.inputsOf(stageOfPipeline(pipeline, request.stage));
    await this.events.publish(
      'run.requested',
      { ...request, inputs: { ...request.inputs, datasets } },
      { id },
    );
    return this.documents.change(pipeline.pipelineId, (found) => ({ ...found, requested: id }));
  }
}
