import { Injectable, NotFoundException } from '@nestjs/common';
import { EventPublisher } from '@open-chatgpt/messaging';
import {
  newRun,
  type Pipeline,
  type Run,
  type RunEvent,
  reopenedRun,
  runAfter,
  runSchema,
  type Standstill,
  standingRun,
} from '@open-chatgpt/orchestration';
import type { DocumentStore } from '../documents/document-store';
import { Documents } from '../documents/documents';

/** Stores the state of all runs, also of runs outside of pipelines, from their events. */
@Injectable()
export class RunsService {
  private readonly runs: DocumentStore<Run>;

  constructor(
    documents: Documents,
    private readonly events: EventPublisher,
  ) {
    this.runs = documents.collection('gateway/runs', runSchema);
  }

  all(): Promise<Run[]> {
    return this.runs.all();
  }

  find(runId: string): Promise<Run | null> {
    return this.runs.get(runId);
  }

  async get(runId: string): Promise<Run> {
    const run = await this.find(runId);
    if (!run) throw new NotFoundException(`there is no run "${runId}"`);
    return run;
  }

  /**
   * Asks the worker of a run to stop at its next step, with a checkpoint.
   * @param generation of the requests to cancel, and of all before; by default the latest that is known
   */
  async requestCancel(
    { runId, pipelineId, stage, algorithm, generation: known }: Run,
    generation = known ?? 0,
  ): Promise<void> {
    await this.events.publish('run.cancel-requested', { runId, pipelineId, stage, algorithm, generation });
  }

  /** Idempotent. @param events of one run, in the order in which they were published */
  async apply(events: readonly RunEvent[]): Promise<void> {
    const [first] = events;
    await this.runs.change(first.data.runId, (found) =>
      events.reduce(runAfter, found ?? newRun(first.data, first.time)),
    );
  }

  /** The stages of a pipeline are as its document says: their workers have ended. */
  async interrupt({ stages }: Pipeline): Promise<void> {
    for (const { runId, status } of stages)
      await this.runs.change(runId, (found) => (found?.status === 'running' ? { ...found, status } : found));
  }

  /** A run stands still, or goes on again. @param seen it is not changed if it has gone on since */
  async stand(seen: Run, standstill: Standstill | null, now: string): Promise<void> {
    await this.runs.change(seen.runId, (found) => found && standingRun(found, seen, standstill, now));
  }

  /** The stages of a pipeline wait for another attempt. Idempotent, and a late call changes nothing. */
  async reopen({ stages, resumed }: Pipeline): Promise<void> {
    for (const { runId } of stages)
      await this.runs.change(runId, (found) =>
        found && (found.generation ?? 0) < resumed ? reopenedRun(found, resumed) : found,
      );
  }
}
