import type { TokenEvent } from '@open-chatgpt/generation';
import type { Delta } from '../generation/generate-choices';
import type { LoadedModel } from '../models/loaded-model';
import { envelope } from './envelope';
import { finiteLogProb, utf8Bytes } from './log-probs';
import type { Choice, Ending, FinishReason, ResponseFormat, Usage } from './response-format';

/** `chat.completion` and `chat.completion.chunk`. */
export class ChatFormat implements ResponseFormat {
  private readonly common: object;

  constructor(
    private readonly model: LoadedModel,
    private readonly options: { logprobs: boolean; includeUsage: boolean },
  ) {
    this.common = envelope('chatcmpl', model);
  }

  firstChunk(index: number): object {
    return this.chunk(index, { role: 'assistant', content: '' }, null, null);
  }

  async deltaChunk({ index, text, tokens }: Delta): Promise<object> {
    return this.chunk(index, { content: text }, await this.logProbs(tokens), null);
  }

  lastChunk(index: number, { finishReason }: Ending): object {
    return this.chunk(index, {}, null, finishReason);
  }

  usageChunk(usage: Usage): object {
    return { ...this.common, object: 'chat.completion.chunk', choices: [], usage };
  }

  async response(choices: readonly Choice[], usage: Usage): Promise<object> {
    const described = choices.map(async ({ text, finishReason, deltas }, index) => ({
      index,
      message: { role: 'assistant', content: text, refusal: null },
      logprobs: await this.logProbs(deltas.flatMap(({ tokens }) => tokens)),
      finish_reason: finishReason,
    }));
    return {
      ...this.common,
      object: 'chat.completion',
      choices: await Promise.all(described),
      usage,
    };
  }

  private chunk(index: number, delta: object, logprobs: object | null, reason: FinishReason | null): object {
    return {
      ...this.common,
      object: 'chat.completion.chunk',
      choices: [{ index, delta, logprobs, finish_reason: reason }],
      ...(this.options.includeUsage && { usage: null }),
    };
  }

  private async logProbs(tokens: readonly TokenEvent[]): Promise<object | null> {
    if (!this.options.logprobs) return null;
    const { tokenTexts } = this.model;
    const entry = async ({ token, logProb }: { token: number; logProb: number }) => {
      const text = await tokenTexts.of(token);
      return { token: text, logprob: finiteLogProb(logProb), bytes: utf8Bytes(text) };
    };
    const content = tokens.map(async (event) => ({
      ...(await entry(event)),
      top_logprobs: await Promise.all(event.top.map(entry)),
    }));
    return { content: await Promise.all(content), refusal: null };
  }
}
