import type { Model } from '@open-chatgpt/models';
import type { Ledger } from '../ledger';
import type { RewardScorer } from '../reward/scorer';
import { type Experience, type ExperienceOptions, makeExperience } from './experience';
import type { Dialogue } from './response-batch';
import { ResponseForward, type ResponseForwardOptions, responseValues } from './response-forward';
import type { Rollout } from './rollout';

/** The scoring side of PPO: scores rollouts, values their states, and makes experience of them. */
export class Critic {
  private readonly values: ResponseForward;

  constructor(
    private readonly scorer: RewardScorer,
    valueModel: Model,
    private readonly ledger: Ledger,
    private readonly options: ExperienceOptions & ResponseForwardOptions,
  ) {
    this.values = new ResponseForward(valueModel, responseValues, options);
  }

  /** The reward model's scores, [n]. */
  score(dialogues: readonly Dialogue[]): Promise<Float64Array> {
    return this.scorer.score(dialogues.map(({ prompt, response }) => [...prompt, ...response]));
  }

  async judge(rollouts: readonly Rollout[], klCoef: number): Promise<Experience[]> {
    const scores = await this.score(rollouts);
    const good = rollouts.filter(({ id }, i) => {
      if (Number.isFinite(scores[i])) return true;
      this.ledger.dropped(id, 'nonFiniteScore');
      return false;
    });
    if (good.length === 0) return [];
    const values = await this.values.compute(good);
    return makeExperience(good, scores.filter(Number.isFinite), values, klCoef, this.options);
  }
}
