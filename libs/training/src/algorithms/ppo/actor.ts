import type { Model } from '@open-chatgpt/models';
import { untilStop } from '../../trainer/stop';
import { ResponseForward, responseLogProbs } from './response-forward';
import type { Rollout, SampleResponses } from './rollout';
import type { DroppedSample, RolloutBatch } from './rollout-batch';

export interface ActorOptions {
  sampleResponses: SampleResponses;
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

  constructor(private readonly options: ActorOptions) {
    const { reference, temperature } = options;
    this.referenceForward = new ResponseForward(reference, responseLogProbs(temperature), options);
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
    const refLogProbs = batch.evaluation
      ? kept.map(({ logProbs }) => logProbs)
      : await this.referenceForward.compute(kept, signal);
    return { rollouts: kept.map((rollout, i) => ({ ...rollout, refLogProbs: refLogProbs[i] })), dropped };
  }
}
