import { Injectable } from '@nestjs/common';
import type { DataOf } from '@open-chatgpt/events';
import { StageWorker } from '@open-chatgpt/stage-worker';

/** Trains a model against the reward model (PPO); rollout workers and the critic do their part in processes of their own. */
@Injectable()
export class LearnerService {
  constructor(private readonly worker: StageWorker) {}

  /** Resolves when the run has ended, well or badly, and its end is told. */
  train(request: DataOf<'run.requested'>, signal: AbortSignal): Promise<void> {
    return this.worker.carryOut(request, signal);
  }

  cancel(runId: string): void {
    this.worker.cancel(runId);
  }
}
