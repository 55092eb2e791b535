import { Injectable } from '@nestjs/common';
import type { EventOf } from '@open-chatgpt/events';
import { StageWorker } from '@open-chatgpt/stage-worker';

/** Trains a model against the reward model (PPO); rollout workers and the critic do their part in processes of their own. */
@Injectable()
export class LearnerService {
  constructor(private readonly worker: StageWorker) {}

  /** Resolves when the run has ended, well or badly, and its end is told. */
  train(request: EventOf<'run.requested'>, signal: AbortSignal): Promise<void> {
    return this.worker.carryOut(request, signal);
  }

  /** Resolves when it is written down; the replica at work, this one or another, stops after its step. */
  cancel(request: EventOf<'run.cancel-requested'>): Promise<void> {
    return this.worker.cancel(request);
  }
}
