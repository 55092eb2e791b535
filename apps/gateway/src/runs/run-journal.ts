import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { MessageContext } from '@open-chatgpt/messaging';
import { LOGGER, type Logger } from '@open-chatgpt/service';
import { PipelinesService } from '../pipelines/pipelines.service';
import type { RunEvent } from './run';
import { logOf, RunHistory } from './run-history';
import { RunsService } from './runs.service';

/** A run may take a hundred steps in a second: a step waits so long for others, to be written with them. */
const PROGRESS_MS = 1000;

interface Waiting {
  events: RunEvent[];
  /** Called when the events are written. */
  told: (() => void)[];
  timer?: NodeJS.Timeout;
  /** Ends when all that was handed over for writing is written. */
  writing: Promise<void>;
}

/**
 * Writes down what runs tell: into their history, their documents and those of their pipelines, in this order, so that who
 * sees a pipeline ended finds its whole history. All is written before the event counts as handled; the steps of a second
 * are written, and then count, together.
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

  /** @param context of the event; without it all is written when this resolves */
  async take(event: RunEvent, context?: Pick<MessageContext, 'commitAfter'>): Promise<void> {
    const { runId } = event.data;
    const waiting = this.runs.get(runId) ?? { events: [], told: [], writing: Promise.resolve() };
    this.runs.set(runId, waiting);
    waiting.events.push(event);
    if (!context || !isStep(event)) return this.write(runId, waiting);
    context.commitAfter(new Promise<void>((resolve) => waiting.told.push(resolve)));
    this.writeSoon(runId, waiting);
  }

  async onApplicationShutdown(): Promise<void> {
    for (const [runId, waiting] of this.runs) {
      await this.write(runId, waiting).catch((error) =>
        this.logger.warn({ err: error, runId }, 'the last progress was not written; it will be told again'),
      );
      clearTimeout(waiting.timer);
    }
  }

  private writeSoon(runId: string, waiting: Waiting): void {
    waiting.timer ??= setTimeout(() => {
      this.write(runId, waiting).catch((error) =>
        this.logger.warn({ err: error, runId }, 'progress was not written; trying again'),
      );
    }, PROGRESS_MS);
  }

  private write(runId: string, waiting: Waiting): Promise<void> {
    clearTimeout(waiting.timer);
    waiting.timer = undefined;
    const written = waiting.writing.then(async () => {
      const [events, told] = [waiting.events.splice(0), waiting.told.splice(0)];
      if (events.length === 0) return;
      try {
        await this.keep(events);
      } catch (error) {
        // For the next time, which comes even if no event does; the log leaves out what it has already.
        waiting.events.unshift(...events);
        waiting.told.unshift(...told);
        this.writeSoon(runId, waiting);
        throw error;
      }
      for (const tell of told) tell();
      if (waiting.events.length === 0 && endsRun(events[events.length - 1])) this.runs.delete(runId);
    });
    waiting.writing = written.catch(() => undefined);
    return written;
  }

  private async keep(events: readonly RunEvent[]): Promise<void> {
    await this.history.append(events);
    await this.runDocuments.learn(events);
    await this.pipelines.learn(events);
    this.history.grown.next(logOf(events[0].data));
  }
}

function isStep(event: RunEvent): boolean {
  return event.type === 'run.progressed' && event.data.phase === 'training';
}

function endsRun({ type }: RunEvent): boolean {
  return type === 'run.completed' || type === 'run.failed' || type === 'run.cancelled';
}
