import {
  createSampler,
  type RowSource,
  type Sampler,
  type SamplerState,
  type TokenizedPrompt,
} from '@open-chatgpt/datasets';
import type { PpoConfig } from '@open-chatgpt/pipeline';
import { createRng } from '@open-chatgpt/random';
import { divideIntoBatches, type RolloutBatch } from './rollout-batch';

/** The rollouts of one iteration. */
export interface IterationPlan {
  step: number;
  klCoef: number;
  batches: RolloutBatch[];
  /** State of the order of the prompts after this iteration. */
  sampler: SamplerState;
}

export interface PlannerState {
  sampler: SamplerState;
  /** Samples that were requested again under a new id. */
  retried: number;
}

/** Decides which prompts each iteration answers, and the ids of their samples. */
export class PromptPlanner {
  private readonly sampler: Sampler;
  private readonly ahead: IterationPlan[] = [];
  private retried = 0;
  private done: SamplerState;

  constructor(
    private readonly prompts: RowSource<TokenizedPrompt>,
    private readonly config: PpoConfig,
    private planned: number,
    state?: PlannerState,
  ) {
    const { rolloutBatchSize, numGenerations, seed } = config;
    const batchSize = rolloutBatchSize / numGenerations;
    this.sampler = createSampler({ size: prompts.size, seed, batchSize, lastBatch: 'full' });
    if (state) {
      this.sampler.restore(state.sampler);
      this.retried = state.retried;
    }
    this.done = this.sampler.state();
  }

  /** Plans the iterations up to `step` that have no plan yet. */
  async planUpTo(step: number, klCoef: number): Promise<IterationPlan[]> {
    const { rolloutBatchSize, numGenerations, localRolloutForwardBatchSize, seed } = this.config;
    const plans: IterationPlan[] = [];
    while (this.planned < step) {
      const iteration = ++this.planned;
      const firstId = (iteration - 1) * rolloutBatchSize;
      const { indices } = this.sampler.next();
      const rows = await this.prompts.rows(indices);
      // The samples of a prompt lie side by side: in one batch they share the computation of the prompt.
      const prompts = Array.from({ length: rolloutBatchSize }, (_, i) => {
        const place = Math.floor(i / numGenerations);
        return {
          sampleId: firstId + i,
          promptIndex: indices[place],
          prompt: Array.from(rows[place].inputIds),
        };
      });
      const batches = divideIntoBatches(prompts, localRolloutForwardBatchSize, {
        iteration,
        klCoef,
        evaluation: false,
        seed: createRng(seed)
          .fork(`rollout:${iteration}`)
          .int(2 ** 31),
      });
      plans.push({ step: iteration, klCoef, batches, sampler: this.sampler.state() });
    }
    this.ahead.push(...plans);
    return plans;
  }

  /** The plan of the next iteration. */
  take(): IterationPlan {
    const plan = this.ahead.shift();
    if (!plan) throw new Error('no iteration is planned: call planUpTo first');
    return plan;
  }

  /** The models have learned from this iteration. */
  finish({ sampler }: IterationPlan): void {
    this.done = sampler;
  }

  /** The same prompts as a new batch, whose samples have new ids. */
  retry(batch: RolloutBatch): RolloutBatch {
    const { iterations, rolloutBatchSize } = this.config;
    const firstId = iterations * rolloutBatchSize + this.retried;
    if (!batch.evaluation) this.retried += batch.prompts.length;
    return {
      ...batch,
      id: `${batch.id}.retry`,
      prompts: batch.evaluation
        ? batch.prompts
        : batch.prompts.map((prompt, i) => ({ ...prompt, sampleId: firstId + i })),
    };
  }

  state(): PlannerState {
    return { sampler: this.done, retried: this.retried };
  }
}
