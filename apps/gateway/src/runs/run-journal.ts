import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { MessageContext } from '@open-chatgpt/messaging';
import { type RunEvent } from '@open-chatgpt/orchestration';
import { LOGGER, type Logger } from '@open-chatgpt/service';
import { DamagedDocument } from '../documents/damaged-document';
import type { Appended } from '../documents/event-log';
import { PipelinesService } from '../pipelines/pipelines.service';
import { logOf, RunHistory } from './run-history';
import { RunsService } from './runs.service';

/** Steps are collected for this long and stored together: a run may take a hundred in a second. */
const PROGRESS_MS = 1000;

type Context = Pick<MessageContext, 'position' | 'commitAfter'>;

interface Waiting {
  events: Appended<RunEvent>[];
  /** Callbacks for when the events are stored. */
  onStored: (() => void)[];
  timer?: NodeJS.Timeout;
  /** Resolves when all writes so far have ended. */
  writing: Promise<void>;
}

/**
 * Stores the events of runs: in the history, then in the documents of the run and the pipeline. In this order, a pipeline that
 * has ended has its whole history. An event counts as handled once it is stored; the steps of a second are stored together.
 */
@Injectable()
export class RunJournal implements OnApplicationShutdown {
  private readonly runs = new Map<string, Waiting>();

  constructor(
    private readonly history: RunHistory,
    private readonly runDocuments: RunsService,
    private readonly pipelines: PipelinesService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** A step counts as handled once it is stored with others; any other event is stored when this resolves. */
  async record(event: RunEvent, { position, commitAfter }: Context): Promise<void> {
    const { runId } = event.data;
    const waiting = this.runs.get(runId) ?? { events: [], onStored: [], writing: Promise.resolve() };
    this.runs.set(runId, waiting);
    const { topic, partition, offset } = position;
    // The events of a run are in order in its partition, and nobody else's are read with them.
    waiting.events.push({ entry: event, origin: { stream: `${topic}/${partition}/${runId}`, offset } });
    if (!isStep(event)) return this.write(runId, waiting);
    commitAfter(new Promise<void>((resolve) => waiting.onStored.push(resolve)));
    this.writeSoon(runId, waiting);
  }

  async onApplicationShutdown(): Promise<void> {
    for (const [runId, waiting] of this.runs) {
      await this.write(runId, waiting).catch((error) =>
        this.logger.warn(
          { err: error, runId },
          'The last steps of the run are not stored; they are delivered again',
        ),
      );
      clearTimeout(waiting.timer);
    }
  }

  private writeSoon(runId: string, waiting: Waiting): void {
    waiting.timer ??= setTimeout(() => {
      this.write(runId, waiting).catch((error) =>
        this.logger.warn({ err: error, runId }, 'Steps of the run are not stored; trying again'),
      );
    }, PROGRESS_MS);
  }

  private write(runId: string, waiting: Waiting): Promise<void> {
    clearTimeout(waiting.timer);
    waiting.timer = undefined;
    const written = waiting.writing.then(async () => {
      const [events, callbacks] = [waiting.events.splice(0), waiting.onStored.splice(0)];
      if (events.length === 0) return;
      try {
        await this.store(events);
      } catch (error) {
        // Retries even if no event follows. The log ignores entries that it has.
        waiting.events.unshift(...events);
        waiting.onStored.unshift(...callbacks);
        this.writeSoon(runId, waiting);
        throw error;
      }
      for (const onStored of callbacks) onStored();
      if (waiting.events.length === 0 && endsRun(events[events.length - 1].entry)) this.runs.delete(runId);
    });
    waiting.writing = written.catch(() => undefined);
    return written;
  }

  private async store(appended: readonly Appended<RunEvent>[]): Promise<void> {
    await this.history.append(appended);
    const events = appended.map(({ entry }) => entry);
    await unlessDamaged(() => this.runDocuments.apply(events));
    await unlessDamaged(() => this.pipelines.apply(events));
    this.history.grown.next(logOf(events[0].data));
  }
}

/** A damaged document has raised an alert; it must not hold up the events of others. */
async function unlessDamaged(apply: () => Promise<void>): Promise<void> {
  try {
    await apply();
  } catch (error) {
    if (!(error instanceof DamagedDocument)) throw error;
  }
}

function isStep(event: RunEvent): boolean {
  return event.type === 'run.progressed' && event.data.phase === 'training';
}

function endsRun({ type }: RunEvent): boolean {
  return type === 'run.completed' || type === 'run.failed' || type === 'run.cancelled';
}
