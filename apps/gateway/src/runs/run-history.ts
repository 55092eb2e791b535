import { Injectable } from '@nestjs/common';
import { type Run, type RunEvent } from '@open-chatgpt/orchestration';
import type { RecordedEvent } from '@open-chatgpt/runs';
import { Subject } from 'rxjs';
import { Documents } from '../documents/documents';
import type { Appended, EventLog, Logged } from '../documents/event-log';
import { recordedEvents } from './recorded-events';

/** The events of each pipeline, and of each run outside of a pipeline, in the order in which they were applied. */
@Injectable()
export class RunHistory {
  private readonly log: EventLog<RunEvent>;
  /** Emits the log that this gateway has appended to; other gateways append too. */
  readonly grown = new Subject<string>();

  constructor(documents: Documents) {
    this.log = documents.log('gateway/history');
  }

  /** @param events of one log; one that it has is not stored again */
  async append(events: readonly Appended<RunEvent>[]): Promise<void> {
    await this.log.append(logOf(events[0].entry.data), events);
  }

  read(log: string, after?: string): AsyncGenerator<Logged<RunEvent>[]> {
    return this.log.read(log, after);
  }

  /** What the runs of a pipeline have recorded. */
  recorded(pipelineId: string): Promise<RecordedEvent[]> {
    return recordedEvents(this.entries(pipelineId));
  }

  /** The progress events of a run. */
  async *progress(run: Run): AsyncGenerator<Extract<RunEvent, { type: 'run.progressed' }>> {
    for await (const entries of this.entries(logOf(run)))
      for (const entry of entries)
        if (entry.type === 'run.progressed' && entry.data.runId === run.runId) yield entry;
  }

  private async *entries(log: string): AsyncGenerator<RunEvent[]> {
    for await (const logged of this.log.read(log)) yield logged.map(({ entry }) => entry);
  }
}

export const logOf = ({ pipelineId, runId }: Pick<Run, 'pipelineId' | 'runId'>): string =>
  pipelineId ?? runId;
