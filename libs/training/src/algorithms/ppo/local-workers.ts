import { currentDevice } from '@open-chatgpt/runtime';
import type { CheckpointContent } from '../../checkpoint/files';
import type { Checkpoint } from '../../checkpoint/load';
import type { Actor } from './actor';
import type { Critic } from './critic';
import type { ValueExperience } from './experience';
import type { BatchResult, RolloutBatch } from './rollout-batch';
import type { ValueTrainer } from './value-trainer';
import { type PpoWorkers, VALUE_STATE_FILE } from './workers';

/** Does all work in this process, on the weights that are trained: always strictly on-policy. */
export class LocalWorkers implements PpoWorkers {
  readonly maxStaleness = 0;
  /** ONNX Runtime computes in the memory of this process alone, and several programs at once. */
  readonly sharesDevices = currentDevice().engine === 'xla';

  constructor(
    private readonly actor: Actor,
    private readonly critic: Critic,
    /** null where the estimator of advantages has no value model. */
    private readonly valueTrainer: ValueTrainer | null,
    /** The run is to stop. */
    private readonly signal?: AbortSignal,
  ) {}

  async start(_step: number, checkpoint: Checkpoint | null): Promise<void> {
    if (checkpoint)
      await this.valueTrainer?.restore((segments) => checkpoint.readInto(VALUE_STATE_FILE, segments));
  }

  async policyUpdated(): Promise<void> {}

  async request(): Promise<void> {}

  async collect(batches: readonly RolloutBatch[]): Promise<BatchResult[]> {
    const results: BatchResult[] = [];
    for (const batch of batches) results.push(await this.execute(batch));
    return results;
  }

  async learnValue(experience: readonly ValueExperience[], step: number): Promise<Record<string, number>> {
    return this.valueTrainer ? this.valueTrainer.learn(experience, step) : {};
  }

  async valueFiles(): Promise<Record<string, CheckpointContent>> {
    return this.valueTrainer ? { [VALUE_STATE_FILE]: this.valueTrainer.state() } : {};
  }

  async checkpointed(): Promise<void> {}

  async stop(): Promise<void> {}

  private async execute(batch: RolloutBatch): Promise<BatchResult> {
    const start = performance.now();
    const { rollouts, dropped } = await this.actor.rollOut(batch, this.signal);
    const sampled = performance.now();
    const scored = await this.critic.score(rollouts, batch, this.signal);
    return {
      samples: scored.samples,
      dropped: [...dropped, ...scored.dropped],
      staleness: 0,
      seconds: { rollout: (sampled - start) / 1000, score: (performance.now() - sampled) / 1000, queue: 0 },
    };
  }
}
