import type { TokenEvent } from '@open-chatgpt/generation';
import type { Delta } from '../generation/generate-choices';
import type { ReadPrompt } from '../generation/read-prompts';
import type { LoadedModel } from '../models/loaded-model';
import { type AnswerParts, ToolCallReader } from '../tools/tool-call-reader';
import { envelope } from './envelope';
import { describePrompt, finiteLogProb, utf8Bytes } from './log-probs';
import type { Choice, Ending, FinishReason, ResponseFormat, Usage } from './response-format';
import { StreamedTokens } from './streamed-tokens';

interface ChatFormatOptions {
  logprobs: boolean;
  includeUsage: boolean;
  /** The names of the functions that the answer may call. */
  functions: ReadonlySet<string> | null;
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
  /** Of each choice of a stream. */
  private readonly readers = new Map<number, ToolCallReader>();
  private readonly callCounts = new Map<number, number>();
  private readonly streamed = new StreamedTokens();

  constructor(
    private readonly model: LoadedModel,
    private readonly options: ChatFormatOptions,
  ) {
    this.common = envelope('chatcmpl', model);
  }

  firstChunk(index: number, { ids }: ReadPrompt): object {
    const first = this.chunk({ index, delta: { role: 'assistant', content: '' } });
    return this.options.tokenIds ? { ...first, prompt_token_ids: ids } : first;
  }

  async deltaChunk({ index, text, tokens }: Delta): Promise<object | null> {
    const delta = this.delta(index, this.reader(index)?.push(text) ?? { text, calls: [] });
    const logprobs = await this.logProbs(tokens);
    // A part of a call waits for the rest of it.
    const ids = this.options.tokenIds && { token_ids: this.streamed.of(index, tokens) };
    return Object.keys(delta).length === 0 && !logprobs && !ids
      ? null
      : this.chunk({ index, delta, logprobs, ...ids });
  }

  lastChunk(index: number, { finishReason, tokens }: Ending): object {
    const rest = this.reader(index)?.end();
    const delta = rest ? this.delta(index, rest) : {};
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
    const described = choices.map(async ({ text, finishReason, deltas, tokens }, index) => {
      const parts = this.parts(text);
      return {
        index,
        message: messageOf(parts),
        logprobs: await this.logProbs(deltas.flatMap(({ tokens }) => tokens)),
        finish_reason: reasonOf(finishReason, parts.calls.length),
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

  private reader(index: number): ToolCallReader | null {
    const { functions } = this.options;
    if (!functions) return null;
    const known = this.readers.get(index);
    if (known) return known;
    const reader = new ToolCallReader(functions);
    this.readers.set(index, reader);
    return reader;
  }

  /** The parts of a whole answer. */
  private parts(text: string): AnswerParts {
    const { functions } = this.options;
    if (!functions) return { text, calls: [] };
    const reader = new ToolCallReader(functions);
    const [first, last] = [reader.push(text), reader.end()];
    return { text: first.text + last.text, calls: [...first.calls, ...last.calls] };
  }

  private delta(index: number, { text, calls }: AnswerParts): object {
    const before = this.callCounts.get(index) ?? 0;
    this.callCounts.set(index, before + calls.length);
    return {
      ...(text !== '' && { content: text }),
      ...(calls.length > 0 && { tool_calls: calls.map((call, i) => ({ index: before + i, ...call })) }),
    };
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

function messageOf({ text, calls }: AnswerParts): object {
  const message = { role: 'assistant', content: text, refusal: null };
  return calls.length === 0
    ? message
    : { ...message, content: text.trim() === '' ? null : text, tool_calls: calls };
}

/** An answer that is cut says so, also after a call. */
function reasonOf(finishReason: FinishReason, calls: number): FinishReason {
  return finishReason === 'stop' && calls > 0 ? 'tool_calls' : finishReason;
}
