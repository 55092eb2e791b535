import type { TokenEvent } from '@open-chatgpt/generation';
import type { Delta } from '../generation/generate-choices';
import type { ReadPrompt } from '../generation/read-prompts';
import type { LoadedModel } from '../models/loaded-model';
import { type AnswerPart, type WholeAnswer, wholeAnswer } from '../tools/answer-parts';
import { type AnswerForm, AnswerReaders } from '../tools/answer-reader';
import { callsIn, chatDelta } from './chat-delta';
import { envelope } from './envelope';
import { describePrompt, finiteLogProb, utf8Bytes } from './log-probs';
import type { Choice, Ending, FinishReason, ResponseFormat, Usage } from './response-format';
import { StreamedTokens } from './streamed-tokens';

interface ChatFormatOptions {
  logprobs: boolean;
  includeUsage: boolean;
  form: AnswerForm;
  /** The number of most probable tokens to report with each token of the prompt. */
  promptLogProbs: number | undefined;
  tokenIds: boolean;
}

/** A choice of a chunk; what is missing is null. */
interface ChunkChoice {
  index: number;
  delta: object;
  logprobs?: object | null;
  finish_reason?: FinishReason;
}

/** `chat.completion` and `chat.completion.chunk`. */
export class ChatFormat implements ResponseFormat {
  private readonly common: object;
  private readonly readers: AnswerReaders;
  /** Of each choice of a stream. */
  private readonly callCounts = new Map<number, number>();
  private readonly streamed = new StreamedTokens();

  constructor(
    private readonly model: LoadedModel,
    private readonly options: ChatFormatOptions,
  ) {
    this.common = envelope('chatcmpl', model);
    this.readers = new AnswerReaders(model, options.form);
  }

  async firstChunk(index: number, prompt: ReadPrompt): Promise<object> {
    await this.readers.start(index, prompt);
    const first = this.chunk({ index, delta: { role: 'assistant', content: '' } });
    return this.options.tokenIds ? { ...first, prompt_token_ids: prompt.ids } : first;
  }

  async deltaChunk({ index, text, tokens }: Delta): Promise<object | null> {
    const delta = this.delta(index, this.readers.push(index, text));
    const logprobs = await this.logProbs(tokens);
    const ids = this.options.tokenIds && { token_ids: this.streamed.of(index, tokens) };
    // The beginning of a call waits for its name.
    return Object.keys(delta).length === 0 && !logprobs && !ids
      ? null
      : this.chunk({ index, delta, logprobs, ...ids });
  }

  lastChunk(index: number, { finishReason, tokens }: Ending): object {
    const delta = this.delta(index, this.readers.end(index));
    const reason = reasonOf(finishReason, this.callCounts.get(index) ?? 0);
    const ids = this.options.tokenIds && { token_ids: this.streamed.rest(index, tokens) };
    return this.chunk({ index, delta, finish_reason: reason, ...ids });
  }

  usageChunk(usage: Usage): object {
    return { ...this.common, object: 'chat.completion.chunk', choices: [], usage };
  }

  async response(choices: readonly Choice[], usage: Usage): Promise<object> {
    const { tokenIds, promptLogProbs } = this.options;
    const [{ prompt }] = choices;
    const described = choices.map(async (choice, index) => {
      const { finishReason, deltas, tokens } = choice;
      const answer = wholeAnswer(await this.readers.read(choice));
      return {
        index,
        message: messageOf(answer),
        logprobs: await this.logProbs(deltas.flatMap(({ tokens }) => tokens)),
        finish_reason: reasonOf(finishReason, answer.calls.length),
        ...(tokenIds && { token_ids: tokens }),
      };
    });
    return {
      ...this.common,
      object: 'chat.completion',
      choices: await Promise.all(described),
      usage,
      prompt_logprobs: await describePrompt(prompt, promptLogProbs, this.model.tokenTexts),
      ...(tokenIds && { prompt_token_ids: prompt.ids }),
    };
  }

  private delta(index: number, parts: readonly AnswerPart[]): object {
    const before = this.callCounts.get(index) ?? 0;
    this.callCounts.set(index, before + callsIn(parts));
    return chatDelta(parts, before);
  }

  private chunk(choice: ChunkChoice): object {
    return {
      ...this.common,
      object: 'chat.completion.chunk',
      choices: [{ logprobs: null, finish_reason: null, ...choice }],
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

function messageOf({ reasoning, text, calls }: WholeAnswer): object {
  const thoughts = reasoning === '' ? {} : { reasoning_content: reasoning };
  const message = { role: 'assistant', ...thoughts, content: text, refusal: null };
  return calls.length === 0
    ? message
    : { ...message, content: text.trim() === '' ? null : text, tool_calls: calls };
}

/** An answer that is cut says so, also after a call. */
function reasonOf(finishReason: FinishReason, calls: number): FinishReason {
  return finishReason === 'stop' && calls > 0 ? 'tool_calls' : finishReason;
}
