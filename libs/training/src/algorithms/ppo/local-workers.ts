import type { CheckpointContent } from '../../checkpoint/files';
import type { Checkpoint } from '../../checkpoint/load';
import type { Actor } from './actor';
import type { Critic } from './critic';
import type { ValueExperience } from './experience';
import type { ValueTrainer } from './value-trainer';
import type { ItemResult, WorkItem } from './work-item';
import { type PpoWorkers, VALUE_STATE_FILE } from './workers';

/** Does all work in this process, on the very weights that are trained: always strictly on-policy. */
export class LocalWorkers implements PpoWorkers {
  readonly maxStaleness = 0;

  constructor(
    private readonly actor: Actor,
    private readonly critic: Critic,
    private readonly valueTrainer: ValueTrainer,
  ) {}

  async start(_step: number, checkpoint: Checkpoint | null): Promise<void> {
    if (checkpoint)
      await this.valueTrainer.restore((segments) => checkpoint.readInto(VALUE_STATE_FILE, segments));
  }

  async policyUpdated(): Promise<void> {}

  async ask(): Promise<void> {}

  async collect(items: readonly WorkItem[]): Promise<ItemResult[]> {
    const results: ItemResult[] = [];
    for (const item of items) results.push(await this.work(item));
    return results;
  }

  learnValue(experience: readonly ValueExperience[], step: number): Promise<Record<string, number>> {
    return this.valueTrainer.learn(experience, step);
  }

  async valueFiles(): Promise<Record<string, CheckpointContent>> {
    return { [VALUE_STATE_FILE]: this.valueTrainer.state() };
  }

  async checkpointed(): Promise<void> {}

  async stop(): Promise<void> {}

  private async work(item: WorkItem): Promise<ItemResult> {
    const start = performance.now();
    const { rollouts, dropped } = await this.actor.rollOut(item);
    const sampled = performance.now();
    const judged = await this.critic.judge(rollouts, item);
    return {
      samples: judged.samples,
      dropped: [...dropped, ...judged.dropped],
      staleness: 0,
      seconds: { rollout: (sampled - start) / 1000, score: (performance.now() - sampled) / 1000, queue: 0 },
    };
  }
}
