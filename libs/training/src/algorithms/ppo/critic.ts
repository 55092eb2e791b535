import type { Model } from '@open-chatgpt/models';
import type { RewardScorer } from '../reward/scorer';
import { type EstimateOptions, estimateAdvantages, type ScoredRollout } from './experience';
import { ResponseForward, type ResponseForwardOptions, responseValues } from './response-forward';
import type { Rollout } from './rollout';
import type { DroppedSample, RolloutBatch } from './rollout-batch';

/** Scores rollouts, values their states where there is a value model, and estimates their advantages. */
export class Critic {
  private readonly values: ResponseForward | null;

  constructor(
    private readonly scorer: RewardScorer,
    valueModel: Model | null,
    private readonly options: EstimateOptions & ResponseForwardOptions,
  ) {
    this.values = valueModel && new ResponseForward(valueModel, responseValues, options);
  }

  /** @throws StepAbandoned on abort */
  async score(
    rollouts: readonly Rollout[],
    { klCoef, evaluation }: Pick<RolloutBatch, 'klCoef' | 'evaluation'>,
    signal?: AbortSignal,
  ): Promise<{ samples: ScoredRollout[]; dropped: DroppedSample[] }> {
    const dialogues = rollouts.map(({ prompt, response }) => [...prompt, ...response]);
    const scores = await this.scorer.score(dialogues, signal);
    const dropped: DroppedSample[] = [];
    const good = rollouts.filter(({ id }, i) => {
      if (Number.isFinite(scores[i])) return true;
      dropped.push({ id, reason: 'nonFiniteScore' });
      return false;
    });
    if (good.length === 0) return { samples: [], dropped };
    const values =
      this.values && !evaluation
        ? await this.values.compute(good, signal)
        : good.map(({ response }) => new Float32Array(response.length));
    return {
      samples: estimateAdvantages(good, scores.filter(Number.isFinite), values, klCoef, this.options),
      dropped,
    };
  }
}
