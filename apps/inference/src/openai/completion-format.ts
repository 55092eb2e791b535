import type { TokenEvent } from '@open-chatgpt/generation';
import type { Delta } from '../generation/generate-choices';
import type { ReadPrompt } from '../generation/read-prompts';
import type { LoadedModel } from '../models/loaded-model';
import { bestChoices } from './best-choices';
import { envelope } from './envelope';
import { describePrompt, finiteLogProb } from './log-probs';
import type { Choice, Ending, ResponseFormat, Usage } from './response-format';
import { StreamedTokens } from './streamed-tokens';

interface CompletionFormatOptions {
  n: number;
  /** The number of answers to each prompt, of which a whole response has the best `n`. */
  bestOf: number;
  logprobs: boolean;
  includeUsage: boolean;
  /** The text of the prompt of a choice, where the answer begins with it. */
  echo: ((index: number, ids: readonly number[]) => Promise<string>) | null;
  /** The number of most probable tokens to report with each token of the prompt. */
  promptLogProbs: number | undefined;
  tokenIds: boolean;
}

/** The log-probabilities of a text, as text completions have them. */
interface TextLogProbs {
  tokens: string[];
  token_logprobs: (number | null)[];
  top_logprobs: (Record<string, number> | null)[];
  /** Where each token begins, in characters of the text of the choice. */
  text_offset: number[];
}

/** `text_completion`, as one response or as chunks. */
export class CompletionFormat implements ResponseFormat {
  private readonly common: object;
  /** Characters of each choice that were streamed. */
  private readonly offsets = new Map<number, number>();
  private readonly streamed = new StreamedTokens();

  constructor(
    private readonly model: LoadedModel,
    private readonly options: CompletionFormatOptions,
  ) {
    this.common = envelope('cmpl', model);
  }

  /** Only an answer that begins with its prompt, or shows the tokens of the prompt, begins with a chunk. */
  async firstChunk(index: number, prompt: ReadPrompt): Promise<object | null> {
    const { echo, tokenIds } = this.options;
    if (!echo && !tokenIds) return null;
    const text = await this.echoOf(index, prompt);
    this.offsets.set(index, text.length);
    const logprobs = await this.echoLogProbs(text, prompt);
    return this.chunk({
      index,
      text,
      logprobs,
      finish_reason: null,
      ...(tokenIds && { prompt_token_ids: prompt.ids, token_ids: [] }),
    });
  }

  async deltaChunk({ index, text, tokens }: Delta): Promise<object> {
    const offset = this.offsets.get(index) ?? 0;
    this.offsets.set(index, offset + text.length);
    const logprobs = await this.logProbs(tokens, offset);
    const ids = this.options.tokenIds && { token_ids: this.streamed.of(index, tokens) };
    return this.chunk({ index, text, logprobs, finish_reason: null, ...ids });
  }

  lastChunk(index: number, { finishReason, tokens }: Ending): object {
    const ids = this.options.tokenIds && { token_ids: this.streamed.rest(index, tokens) };
    return this.chunk({ index, text: '', logprobs: null, finish_reason: finishReason, ...ids });
  }

  usageChunk(usage: Usage): object {
    return { ...this.common, object: 'text_completion', choices: [], usage };
  }

  async response(choices: readonly Choice[], usage: Usage): Promise<object> {
    const { bestOf, n } = this.options;
    const described = bestChoices(choices, bestOf, n).map(
      async ({ text, finishReason, deltas, prompt, tokens }, index) => {
        const echoed = await this.echoOf(index, prompt);
        const answer = await this.logProbs(
          deltas.flatMap((delta) => delta.tokens),
          echoed.length,
        );
        return {
          index,
          text: echoed + text,
          logprobs: joined(await this.echoLogProbs(echoed, prompt), answer),
          finish_reason: finishReason,
          prompt_logprobs: await describePrompt(prompt, this.options.promptLogProbs, this.model.tokenTexts),
          ...(this.options.tokenIds && { prompt_token_ids: prompt.ids, token_ids: tokens }),
        };
      },
    );
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

  private async echoOf(index: number, { ids }: ReadPrompt): Promise<string> {
    return (await this.options.echo?.(index, ids)) ?? '';
  }

  /** The first token of a prompt has no log-probability. */
  private async echoLogProbs(
    text: string,
    { ids: [first], logProbs }: ReadPrompt,
  ): Promise<TextLogProbs | null> {
    if (!this.options.echo || !this.options.logprobs || !logProbs) return null;
    const name = await this.model.tokenTexts.of(first);
    const rest = (await this.logProbs(logProbs, 0))!;
    const tokens = [name, ...rest.tokens];
    return {
      tokens,
      token_logprobs: [null, ...rest.token_logprobs],
      top_logprobs: [null, ...rest.top_logprobs],
      // The text may begin without a token for its beginning, or without the blank of its first token.
      text_offset: offsetsOf(tokens, text.length - tokens.join('').length),
    };
  }

  private async logProbs(events: readonly TokenEvent[], start: number): Promise<TextLogProbs | null> {
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
    return {
      tokens,
      token_logprobs: events.map(({ logProb }) => finiteLogProb(logProb)),
      top_logprobs: await Promise.all(top),
      text_offset: offsetsOf(tokens, start),
    };
  }
}

/** Where each token begins. @param start of the first one, negative for tokens before the text */
function offsetsOf(tokens: readonly string[], start: number): number[] {
  let next = start;
  return tokens.map((text) => {
    const offset = Math.max(next, 0);
    next += text.length;
    return offset;
  });
}

function joined(prompt: TextLogProbs | null, answer: TextLogProbs | null): TextLogProbs | null {
  if (!prompt || !answer) return answer;
  return {
    tokens: [...prompt.tokens, ...answer.tokens],
    token_logprobs: [...prompt.token_logprobs, ...answer.token_logprobs],
    top_logprobs: [...prompt.top_logprobs, ...answer.top_logprobs],
    text_offset: [...prompt.text_offset, ...answer.text_offset],
  };
}
