import type { TokenEvent } from '@open-chatgpt/generation';
import type { Piece } from '../answering/answer';
import type { LoadedModel } from '../models/served-model';
import type { AnswerFormat, FinishReason, Usage, WholeAnswer } from './answer-format';
import { envelope } from './envelope';
import { bytesOf, finite } from './log-probs';

/** `chat.completion` and `chat.completion.chunk`. */
export class ChatFormat implements AnswerFormat {
  private readonly common: object;

  constructor(
    private readonly model: LoadedModel,
    private readonly options: { logprobs: boolean; includeUsage: boolean },
  ) {
    this.common = envelope('chatcmpl', model);
  }

  begin(index: number): object {
    return this.chunk(index, { role: 'assistant', content: '' }, null, null);
  }

  async piece({ index, text, tokens }: Piece): Promise<object> {
    return this.chunk(index, { content: text }, await this.logProbs(tokens), null);
  }

  end(index: number, finishReason: FinishReason): object {
    return this.chunk(index, {}, null, finishReason);
  }

  usage(usage: Usage): object {
    return { ...this.common, object: 'chat.completion.chunk', choices: [], usage };
  }

  async whole(answers: readonly WholeAnswer[], usage: Usage): Promise<object> {
    const choices = answers.map(async ({ text, finishReason, pieces }, index) => ({
      index,
      message: { role: 'assistant', content: text, refusal: null },
      logprobs: await this.logProbs(pieces.flatMap(({ tokens }) => tokens)),
      finish_reason: finishReason,
    }));
    return {
      ...this.common,
      object: 'chat.completion',
      choices: await Promise.all(choices),
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
      return { token: text, logprob: finite(logProb), bytes: bytesOf(text) };
    };
    const content = tokens.map(async (event) => ({
      ...(await entry(event)),
      top_logprobs: await Promise.all(event.top.map(entry)),
    }));
    return { content: await Promise.all(content), refusal: null };
  }
}
