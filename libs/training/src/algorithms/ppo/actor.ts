import type { Model } from '@open-chatgpt/models';
import { untilStop } from '../../trainer/stop';
import { ResponseForward, responseLogProbs } from './response-forward';
import type { Rollout, SampleResponses } from './rollout';
import type { DroppedSample, RolloutBatch } from './rollout-batch';

export interface ActorOptions {
  /** Samples in float32. */
  sampleResponses: SampleResponses;
  policy: Model;
  /** The policy as it was before PPO, frozen. With LoRA it shares the base of the policy. */
  reference: Model;
  temperature: number;
  batchSize: number;
  padTokenId: number | null;
  maxLength: number;
}

/** Samples responses, with their log-probabilities under the policy and the reference. */
export class Actor {
  private readonly referenceForward: ResponseForward;
  /** null where the log-probabilities of the sampler have the precision of the passes of the policy. */
  private readonly policyForward: ResponseForward | null;

  constructor(private readonly options: ActorOptions) {
    const { policy, reference, temperature } = options;
    const forward = (model: Model) => new ResponseForward(model, responseLogProbs(temperature), options);
    this.referenceForward = forward(reference);
    this.policyForward = policy.bf16 ? forward(policy) : null;
  }

  /** @throws StepAbandoned on abort */
  async rollOut(
    batch: Pick<RolloutBatch, 'prompts' | 'seed' | 'firstIndex' | 'evaluation'>,
    signal?: AbortSignal,
  ): Promise<{ rollouts: Rollout[]; dropped: DroppedSample[] }> {
    const sampling = this.options.sampleResponses(
      batch.prompts.map(({ prompt }) => prompt),
      batch.seed,
      batch.firstIndex,
      signal,
    );
    const responses = await untilStop(sampling, signal);
    const dropped: DroppedSample[] = [];
    const kept: Omit<Rollout, 'refLogProbs'>[] = [];
    responses.forEach(({ tokens, logProbs, finishReason }, i) => {
      const { sampleId: id, promptIndex, prompt } = batch.prompts[i];
      if (tokens.length === 0) dropped.push({ id, reason: 'emptyResponse' });
      else if (!logProbs.every(Number.isFinite)) dropped.push({ id, reason: 'nonFiniteLogProbs' });
      else
        kept.push({
          id,
          promptIndex,
          prompt,
          response: tokens,
          logProbs,
          endsWithEos: finishReason === 'stop',
        });
    });
    if (batch.evaluation)
      return { rollouts: kept.map((one) => ({ ...one, refLogProbs: one.logProbs })), dropped };
    // The ratio to the policy that learns and the KL to the reference are of one precision: without an update, 1 and 0.
    const logProbs = await this.policyForward?.compute(kept, signal);
    const refLogProbs = await this.referenceForward.compute(kept, signal);
    const rollouts = kept.map((one, i) => ({
      ...one,
      logProbs: logProbs?.[i] ?? one.logProbs,
      refLogProbs: refLogProbs[i],
    }));
    return { rollouts, dropped };
  }
}
