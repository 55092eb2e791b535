import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { filter, firstValueFrom, fromEvent, race, timer } from 'rxjs';
import type { ServerSentEvent } from '../api/server-sent-events';
import { RunHistory } from '../runs/run-history';
import { hasEnded } from './pipeline';
import { PipelinesService } from './pipelines.service';

/** Other gateways write into the history as well: so often it is looked at without a hint. */
const LOOK_MS = 1000;

/** Follows what happens to a pipeline, whichever gateway learns of it. */
@Injectable()
export class PipelineWatch implements OnModuleDestroy {
  private readonly stopping = new AbortController();

  constructor(
    private readonly pipelines: PipelinesService,
    private readonly history: RunHistory,
  ) {}

  /** Streams end, so that the service can: their readers go on with another gateway, or with this one once it is back. */
  onModuleDestroy(): void {
    this.stopping.abort();
  }

  /**
   * The events of a pipeline's runs from the first one on, or after the one whose id is given, and at its end
   * `pipeline` with the pipeline as it then is.
   */
  async *follow(
    pipelineId: string,
    after: string | undefined,
    left: AbortSignal,
  ): AsyncGenerator<ServerSentEvent> {
    const signal = AbortSignal.any([left, this.stopping.signal]);
    let place = after;
    while (!signal.aborted) {
      // Before the history is read: what ends a pipeline is in its history first.
      const pipeline = await this.pipelines.get(pipelineId);
      for await (const { place: at, entry } of this.history.read(pipelineId, place)) {
        if (signal.aborted) return;
        place = at;
        yield { id: at, type: entry.type, data: entry.data };
      }
      if (hasEnded(pipeline)) return yield { type: 'pipeline', data: pipeline };
      await this.untilGrown(pipelineId, signal);
    }
  }

  private async untilGrown(log: string, signal: AbortSignal): Promise<void> {
    const grown = this.history.grown.pipe(filter((name) => name === log));
    await firstValueFrom(race(grown, timer(LOOK_MS), fromEvent(signal, 'abort')));
  }
}
