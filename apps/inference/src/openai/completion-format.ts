import type { TokenEvent } from '@open-chatgpt/generation';
import type { Delta } from '../generation/generate-choices';
import type { LoadedModel } from '../models/loaded-model';
import { envelope } from './envelope';
import { finiteLogProb } from './log-probs';
import type { Choice, Ending, ResponseFormat, Usage } from './response-format';

/** `text_completion`, as one response or as chunks. */
export class CompletionFormat implements ResponseFormat {
  private readonly common: object;
  /** Characters of each choice that were streamed. */
  private readonly offsets = new Map<number, number>();

  constructor(
    private readonly model: LoadedModel,
    private readonly options: { logprobs: boolean; includeUsage: boolean },
  ) {
    this.common = envelope('cmpl', model);
  }

  firstChunk(): null {
    return null;
  }

  async deltaChunk({ index, text, tokens }: Delta): Promise<object> {
    const offset = this.offsets.get(index) ?? 0;
    this.offsets.set(index, offset + text.length);
    return this.chunk({ index, text, logprobs: await this.logProbs(tokens, offset), finish_reason: null });
  }

  lastChunk(index: number, { finishReason }: Ending): object {
    return this.chunk({ index, text: '', logprobs: null, finish_reason: finishReason });
  }

  usageChunk(usage: Usage): object {
    return { ...this.common, object: 'text_completion', choices: [], usage };
  }

  async response(choices: readonly Choice[], usage: Usage): Promise<object> {
    const described = choices.map(async ({ text, finishReason, deltas }, index) => ({
      index,
      text,
      logprobs: await this.logProbs(
        deltas.flatMap(({ tokens }) => tokens),
        0,
      ),
      finish_reason: finishReason,
    }));
    return { ...this.common, object: 'text_completion', choices: await Promise.all(described), usage };
  }

  private chunk(choice: object): object {
    return {
      ...this.common,
      object: 'text_completion',
      choices: [choice],
      ...(this.options.includeUsage && { usage: null }),
    };
  }

  private async logProbs(events: readonly TokenEvent[], start: number): Promise<object | null> {
    if (!this.options.logprobs) return null;
    const { tokenTexts } = this.model;
    const tokens = await Promise.all(events.map(({ token }) => tokenTexts.of(token)));
    const top = events.map(async (event, i) => {
      const mostProbable = event.top.map(
        async ({ token, logProb }) => [await tokenTexts.of(token), finiteLogProb(logProb)] as const,
      );
      // OpenAI lists the sampled token too, even if it is not among the most probable.
      return Object.fromEntries([
        ...(await Promise.all(mostProbable)),
        [tokens[i], finiteLogProb(event.logProb)],
      ]);
    });
    let offset = start;
    return {
      tokens,
      token_logprobs: events.map(({ logProb }) => finiteLogProb(logProb)),
      top_logprobs: await Promise.all(top),
      text_offset: tokens.map((text) => {
        offset += text.length;
        return offset - text.length;
      }),
    };
  }
}
