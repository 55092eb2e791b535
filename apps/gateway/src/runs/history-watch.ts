import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { filter, firstValueFrom, fromEvent, race, timer } from 'rxjs';
import type { ServerSentEvent } from '../api/server-sent-events';
import type { RunEvent } from './run';
import { RunHistory } from './run-history';

/** Other gateways write into the history as well: so often it is looked at without a hint. */
const LOOK_MS = 1000;

/** What somebody watches: a pipeline, or one run. */
export interface Watched {
  log: string;
  isWanted: (event: RunEvent) => boolean;
  /** The event that ends the stream, once nothing more will happen; null before. */
  end: () => Promise<ServerSentEvent | null>;
}

/** Follows what happens, whichever gateway learns of it. */
@Injectable()
export class HistoryWatch implements OnModuleDestroy {
  private readonly stopping = new AbortController();

  constructor(private readonly history: RunHistory) {}

  /** Streams end, so that the service can: their readers go on with another gateway, or with this one once it is back. */
  onModuleDestroy(): void {
    this.stopping.abort();
  }

  /** The events from the first one on, or after the one whose id is given, those together that are there; at last what ends them. */
  async *follow(
    { log, isWanted, end }: Watched,
    after: string | undefined,
    left: AbortSignal,
  ): AsyncGenerator<ServerSentEvent[]> {
    const signal = AbortSignal.any([left, this.stopping.signal]);
    let place = after;
    while (!signal.aborted) {
      // Before the history is read: what ends a run is in its history first.
      const ended = await end();
      for await (const logged of this.history.read(log, place)) {
        if (signal.aborted) return;
        place = logged[logged.length - 1].position;
        const wanted = logged.filter(({ entry }) => isWanted(entry));
        if (wanted.length > 0)
          yield wanted.map(({ position: id, entry: { type, data } }) => ({ id, type, data }));
      }
      if (ended) return yield [ended];
      await this.untilGrown(log, signal);
    }
  }

  private async untilGrown(log: string, signal: AbortSignal): Promise<void> {
    const grown = this.history.grown.pipe(filter((name) => name === log));
    await firstValueFrom(race(grown, timer(LOOK_MS), fromEvent(signal, 'abort')));
  }
}
