import type { Model } from '@open-chatgpt/models';
import { ResponseForward, responseLogProbs } from './response-forward';
import type { Rollout, SampleResponses } from './rollout';
import type { DroppedSample, WorkItem } from './work-item';

export interface ActorOptions {
  sampleResponses: SampleResponses;
  /** The policy as it was before PPO, frozen; with LoRA it shares the policy's base. */
  reference: Model;
  temperature: number;
  batchSize: number;
  padTokenId: number | null;
  maxLength: number;
}

/** The rollout side of PPO: samples responses and gives their log-probabilities under policy and reference. */
export class Actor {
  private readonly referenceForward: ResponseForward;

  constructor(private readonly options: ActorOptions) {
    const { reference, temperature } = options;
    this.referenceForward = new ResponseForward(reference, responseLogProbs(temperature), options);
  }

  async rollOut(item: WorkItem): Promise<{ rollouts: Rollout[]; dropped: DroppedSample[] }> {
    const responses = await this.options.sampleResponses(
      item.prompts.map(({ prompt }) => prompt),
      item.seed,
      item.firstIndex,
    );
    const dropped: DroppedSample[] = [];
    const kept: Omit<Rollout, 'refLogProbs'>[] = [];
    responses.forEach(({ tokens, logProbs, finishReason }, i) => {
      const { sampleId: id, promptIndex, prompt } = item.prompts[i];
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
    const refLogProbs = item.evaluation
      ? kept.map(({ logProbs }) => logProbs)
      : await this.referenceForward.compute(kept);
    return { rollouts: kept.map((rollout, i) => ({ ...rollout, refLogProbs: refLogProbs[i] })), dropped };
  }
}
