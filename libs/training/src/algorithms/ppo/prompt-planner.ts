import { createSampler, type Sampler, type SamplerState } from '@open-chatgpt/datasets';
import type { PpoConfig } from '@open-chatgpt/pipeline';
import { createRng } from '@open-chatgpt/random';
import { divideIntoItems, promptsPerItem, type WorkItem } from './work-item';

/** The work of one iteration. */
export interface IterationPlan {
  step: number;
  klCoef: number;
  items: WorkItem[];
  /** Of the order of the prompts, after those of this iteration. */
  sampler: SamplerState;
}

export interface PlannerState {
  sampler: SamplerState;
  /** Samples that were asked for a second time under a new id. */
  repeated: number;
}

/** Decides which prompts are answered in which iteration, and under which ids. */
export class PromptPlanner {
  private readonly sampler: Sampler;
  private readonly ahead: IterationPlan[] = [];
  private repeated = 0;
  private done: SamplerState;

  constructor(
    private readonly prompts: readonly (readonly number[])[],
    private readonly config: PpoConfig,
    private planned: number,
    state?: PlannerState,
  ) {
    const { rolloutBatchSize: batchSize, seed } = config;
    this.sampler = createSampler({ size: prompts.length, seed, batchSize, lastBatch: 'full' });
    if (state) {
      this.sampler.restore(state.sampler);
      this.repeated = state.repeated;
    }
    this.done = this.sampler.state();
  }

  /** Plans all iterations up to `step` that are not planned yet. */
  planUpTo(step: number, klCoef: number): IterationPlan[] {
    const { rolloutBatchSize, seed } = this.config;
    const plans: IterationPlan[] = [];
    while (this.planned < step) {
      const iteration = ++this.planned;
      const firstId = (iteration - 1) * rolloutBatchSize;
      const prompts = this.sampler.next().indices.map((promptIndex, i) => ({
        sampleId: firstId + i,
        promptIndex,
        prompt: this.prompts[promptIndex],
      }));
      const items = divideIntoItems(prompts, promptsPerItem(this.config), {
        iteration,
        klCoef,
        evaluation: false,
        seed: createRng(seed)
          .fork(`rollout:${iteration}`)
          .int(2 ** 31),
      });
      plans.push({ step: iteration, klCoef, items, sampler: this.sampler.state() });
    }
    this.ahead.push(...plans);
    return plans;
  }

  /** The plan of the next iteration. */
  take(): IterationPlan {
    const plan = this.ahead.shift();
    if (!plan) throw new Error('no iteration is planned');
    return plan;
  }

  /** An iteration has been learned from. */
  finish({ sampler }: IterationPlan): void {
    this.done = sampler;
  }

  /** The same prompts as another item, whose samples have ids of their own. */
  repeat(item: WorkItem): WorkItem {
    const { iterations, rolloutBatchSize } = this.config;
    const firstId = iterations * rolloutBatchSize + this.repeated;
    if (!item.evaluation) this.repeated += item.prompts.length;
    return {
      ...item,
      id: `${item.id}.again`,
      prompts: item.evaluation
        ? item.prompts
        : item.prompts.map((prompt, i) => ({ ...prompt, sampleId: firstId + i })),
    };
  }

  state(): PlannerState {
    return { sampler: this.done, repeated: this.repeated };
  }
}
