import type { EventPublisher } from '@open-chatgpt/messaging';
import {
  cancelledPipeline,
  nextRequest,
  type Pipeline,
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
  constructor(
    private readonly documents: PipelineDocuments,
    private readonly runs: RunsService,
    private readonly datasets: DatasetsService,
    private readonly events: EventPublisher,
    private readonly logger: Logger,
  ) {
    super();
  }

  /** Requests waiting stages again: a crash may have prevented it. A stage that is requested twice is executed once. */
  async start(): Promise<void> {
    const warn = (error: unknown) =>
      this.logger.warn(
        { err: error },
        'a waiting stage was not requested again; openchat resume requests it',
      );
    const pipelines = await this.documents.all().catch((error) => {
      warn(error);
      return [];
    });
    for (const pipeline of pipelines) await this.requestNext(pipeline).catch(warn);
  }

  async stop(): Promise<void> {}

  async submit(pipeline: Pipeline): Promise<Pipeline | false> {
    if (!(await this.documents.create(pipeline))) return false;
    await this.requestNext(pipeline);
    return pipeline;
  }

  async cancel({ pipelineId }: Pipeline): Promise<Pipeline> {
    const pipeline = await this.documents.change(pipelineId, cancelledPipeline);
    await this.stopStages(pipeline);
    return pipeline;
  }

  async resume({ pipelineId }: Pipeline): Promise<Pipeline> {
    const pipeline = await this.documents.change(pipelineId, resumedPipeline);
    for (const { runId } of pipeline.stages) await this.runs.reopen(runId);
    await this.requestNext(pipeline);
    return pipeline;
  }

  async remove({ pipelineId }: Pipeline): Promise<Pipeline> {
    const deletedAt = new Date().toISOString();
    const pipeline = await this.documents.change(pipelineId, (found) =>
      found.deletedAt ? found : { ...cancelledPipeline(found), deletedAt },
    );
    if (pipeline.status === 'cancelled') await this.stopStages(pipeline);
    return pipeline;
  }

  cancelRun(run: Run): Promise<void> {
    return this.runs.requestCancel(run);
  }

  async applied(pipeline: Pipeline, events: readonly RunEvent[]): Promise<void> {
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
    const datasets = await this.datasets.inputsOf(stageOfPipeline(pipeline, request.stage));
    // The same id after a crash, so that readers ignore the second event.
    const id = `${request.runId}/requested/${pipeline.resumed}`;
    await this.events.publish(
      'run.requested',
      { ...request, inputs: { ...request.inputs, datasets } },
      { id },
    );
  }
}
