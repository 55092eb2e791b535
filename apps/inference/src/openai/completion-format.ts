import type { TokenEvent } from '@open-chatgpt/generation';
import type { Piece } from '../answering/answer';
import type { LoadedModel } from '../models/served-model';
import type { AnswerFormat, FinishReason, Usage, WholeAnswer } from './answer-format';
import { envelope } from './envelope';
import { finite } from './log-probs';

/** `text_completion`, whole or as chunks. */
export class CompletionFormat implements AnswerFormat {
  private readonly common: object;
  /** Characters of each answer that were streamed. */
  private readonly offsets = new Map<number, number>();

  constructor(
    private readonly model: LoadedModel,
    private readonly options: { logprobs: boolean; includeUsage: boolean },
  ) {
    this.common = envelope('cmpl', model);
  }

  begin(): null {
    return null;
  }

  async piece({ index, text, tokens }: Piece): Promise<object> {
    const offset = this.offsets.get(index) ?? 0;
    this.offsets.set(index, offset + text.length);
    return this.chunk({ index, text, logprobs: await this.logProbs(tokens, offset), finish_reason: null });
  }

  end(index: number, finishReason: FinishReason): object {
    return this.chunk({ index, text: '', logprobs: null, finish_reason: finishReason });
  }

  usage(usage: Usage): object {
    return { ...this.common, object: 'text_completion', choices: [], usage };
  }

  async whole(answers: readonly WholeAnswer[], usage: Usage): Promise<object> {
    const choices = answers.map(async ({ text, finishReason, pieces }, index) => ({
      index,
      text,
      logprobs: await this.logProbs(
        pieces.flatMap(({ tokens }) => tokens),
        0,
      ),
      finish_reason: finishReason,
    }));
    return { ...this.common, object: 'text_completion', choices: await Promise.all(choices), usage };
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
      const likeliest = event.top.map(
        async ({ token, logProb }) => [await tokenTexts.of(token), finite(logProb)] as const,
      );
      // The chosen token stands there too, however unlikely it was.
      return Object.fromEntries([...(await Promise.all(likeliest)), [tokens[i], finite(event.logProb)]]);
    });
    let offset = start;
    return {
      tokens,
      token_logprobs: events.map(({ logProb }) => finite(logProb)),
      top_logprobs: await Promise.all(top),
      text_offset: tokens.map((text) => {
        offset += text.length;
        return offset - text.length;
      }),
    };
  }
}
