import type { Model } from '@open-chatgpt/models';
import type { Ledger } from '../ledger';
import { ResponseForward, responseLogProbs } from './response-forward';
import type { Rollout, SampleResponses } from './rollout';

export interface ActorOptions {
  sampleResponses: SampleResponses;
  /** The policy as it was before PPO, frozen; with LoRA it shares the policy's base. */
  reference: Model;
  temperature: number;
  batchSize: number;
  padTokenId: number | null;
  maxLength: number;
  ledger: Ledger;
}

/** A prompt by its number in the data set. */
export interface PromptItem {
  promptIndex: number;
  prompt: readonly number[];
}

/** The rollout side of PPO: samples responses and gives their log-probabilities under policy and reference. */
export class Actor {
  private readonly referenceForward: ResponseForward;

  constructor(private readonly options: ActorOptions) {
    const { reference, temperature } = options;
    this.referenceForward = new ResponseForward(reference, responseLogProbs(temperature), options);
  }

  /** @param firstId ids of the samples count up from here @param seed of this iteration's sampling */
  async rollOut(items: readonly PromptItem[], firstId: number, seed: number): Promise<Rollout[]> {
    const { ledger, sampleResponses } = this.options;
    const responses = await sampleResponses(
      items.map(({ prompt }) => prompt),
      seed,
    );
    const kept: Omit<Rollout, 'refLogProbs'>[] = [];
    responses.forEach(({ tokens, logProbs, finishReason }, i) => {
      const id = firstId + i;
      ledger.generated(id);
      if (tokens.length === 0) ledger.dropped(id, 'emptyResponse');
      else if (!logProbs.every(Number.isFinite)) ledger.dropped(id, 'nonFiniteLogProbs');
      else kept.push({ id, ...items[i], response: tokens, logProbs, endsWithEos: finishReason === 'stop' });
    });
    const refLogProbs = await this.referenceForward.compute(kept);
    return kept.map((rollout, i) => ({ ...rollout, refLogProbs: refLogProbs[i] }));
  }
}
