import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Run, RunEvent } from '@open-chatgpt/orchestration';
import { filter, firstValueFrom, fromEvent, race, timer } from 'rxjs';
import type { ServerSentEvent } from '../api/server-sent-events';
import { RunHistory } from './run-history';

/** The history is polled this often, because other gateways append to it too. */
const POLL_MS = 1000;

/** The subject of a stream: a pipeline, or one run. */
export interface Watched {
  log: string;
  isWanted: (event: RunEvent) => boolean;
  look: () => Promise<Look>;
}

/** How the subject is now. */
export interface Look {
  /** The last event of the stream, once no event will follow. */
  end?: ServerSentEvent;
  /** Runs that may stand still. */
  runs: readonly Run[];
}

/** Streams the history as it grows, whichever gateway appends to it. */
@Injectable()
export class HistoryWatch implements OnModuleDestroy {
  private readonly stopping = new AbortController();

  constructor(private readonly history: RunHistory) {}

  /** Ends all streams, so that the service can stop. Clients continue at another gateway, or here after a restart. */
  onModuleDestroy(): void {
    this.stopping.abort();
  }

  /**
   * Yields the available events in batches: from the first one on, or after a position. The last batch is `end`. What a run that
   * stands still waits for is an event without an id.
   */
  async *follow(
    { log, isWanted, look }: Watched,
    after: string | undefined,
    disconnected: AbortSignal,
  ): AsyncGenerator<ServerSentEvent[]> {
    const signal = AbortSignal.any([disconnected, this.stopping.signal]);
    let position = after;
    let shown = '';
    while (!signal.aborted) {
      // Before reading the history: the event that ends a run is stored in the history first.
      const { end, runs } = await look();
      for await (const logged of this.history.read(log, position)) {
        if (signal.aborted) return;
        position = logged[logged.length - 1].position;
        const wanted = logged.filter(({ entry }) => isWanted(entry));
        if (wanted.length > 0)
          yield wanted.map(({ position: id, entry: { type, data } }) => ({ id, type, data }));
      }
      if (end) return yield [end];
      const waits = runs.flatMap(waitOf);
      if (waits.length > 0 && JSON.stringify(waits) !== shown) yield waits;
      shown = JSON.stringify(waits);
      await this.untilGrown(log, signal);
    }
  }

  private async untilGrown(log: string, signal: AbortSignal): Promise<void> {
    const grown = this.history.grown.pipe(filter((name) => name === log));
    await firstValueFrom(race(grown, timer(POLL_MS), fromEvent(signal, 'abort')));
  }
}

function waitOf({ runId, stage, attempt, waitsFor }: Run): ServerSentEvent[] {
  return waitsFor ? [{ type: 'run.waits', data: { runId, stage, attempt, ...waitsFor } }] : [];
}
