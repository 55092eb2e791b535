import { Inject, Injectable } from '@nestjs/common';
import { type Run, type RunEvent } from '@open-chatgpt/orchestration';
import { OBJECT_STORE } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { Subject } from 'rxjs';
import { EventLog, type Logged } from '../documents/event-log';

/** The events of each pipeline, and of each run outside of a pipeline, in the order in which they were applied. */
@Injectable()
export class RunHistory {
  private readonly log: EventLog<RunEvent>;
  /** Emits the log that this gateway has appended to; other gateways append too. */
  readonly grown = new Subject<string>();

  constructor(@Inject(OBJECT_STORE) objects: ObjectStore) {
    this.log = new EventLog(objects, 'gateway/history');
  }

  async append(events: readonly RunEvent[]): Promise<void> {
    await this.log.append(logOf(events[0].data), events);
  }

  read(log: string, after?: string): AsyncGenerator<Logged<RunEvent>[]> {
    return this.log.read(log, after);
  }

  /** The progress events of a run. */
  async *progress(run: Run): AsyncGenerator<Extract<RunEvent, { type: 'run.progressed' }>> {
    for await (const logged of this.log.read(logOf(run)))
      for (const { entry } of logged)
        if (entry.type === 'run.progressed' && entry.data.runId === run.runId) yield entry;
  }
}

export const logOf = ({ pipelineId, runId }: Pick<Run, 'pipelineId' | 'runId'>): string =>
  pipelineId ?? runId;
