import { randomUUID } from 'node:crypto';
import type { Delta } from '../generation/generate-choices';
import type { ReadPrompt } from '../generation/read-prompts';
import { namedEvents } from '../openai/event-stream';
import type { Choice, Ending, ResponseFormat, Usage } from '../openai/response-format';
import { type AnswerPart, type ToolCall, wholeAnswer } from '../tools/answer-parts';
import type { AnswerReaders } from '../tools/answer-reader';
import { anthropicError } from './anthropic-error.filter';

/** The blocks of an answer that grow in a stream, when they are empty. */
const EMPTY = {
  thinking: { type: 'thinking', thinking: '', signature: '' },
  text: { type: 'text', text: '' },
};

/** Anthropic's `message`, whole or as its events. A request has one choice. */
export class MessagesFormat implements ResponseFormat {
  readonly style = namedEvents(anthropicError);
  private readonly id = `msg_${randomUUID().replaceAll('-', '')}`;
  private ending: Ending | null = null;
  /** Of a stream: the block that grows, the number of blocks that are complete, and the calls. */
  private open: keyof typeof EMPTY | 'call' | null = null;
  private blocks = 0;
  private calls = 0;

  constructor(
    private readonly model: string,
    private readonly stopSequences: readonly string[],
    private readonly readers: AnswerReaders,
  ) {}

  async firstChunk(index: number, prompt: ReadPrompt): Promise<object> {
    await this.readers.start(index, prompt);
    const message = this.message([], NOT_ENDED, { input_tokens: prompt.ids.length, output_tokens: 0 });
    return { type: 'message_start', message };
  }

  async deltaChunk({ index, text }: Delta): Promise<object[]> {
    return this.events(this.readers.push(index, text));
  }

  lastChunk(index: number, ending: Ending): object[] {
    this.ending = ending;
    const rest = this.events(this.readers.end(index));
    const isEmpty = this.blocks === 0 && !this.open;
    return [...rest, ...(isEmpty ? this.begin('text') : []), ...this.close()];
  }

  usageChunk(usage: Usage): object[] {
    const delta = this.stopOf(this.ending!, this.calls);
    return [{ type: 'message_delta', delta, usage: usageOf(usage) }, { type: 'message_stop' }];
  }

  async response([choice]: readonly Choice[], usage: Usage): Promise<object> {
    const { reasoning, text, calls } = wholeAnswer(await this.readers.read(choice));
    const content = [
      ...(reasoning === '' ? [] : [{ ...EMPTY.thinking, thinking: reasoning }]),
      ...(text.trim() === '' && calls.length > 0 ? [] : [{ ...EMPTY.text, text }]),
      ...calls.map(useOf),
    ];
    return this.message(content, this.stopOf(choice, calls.length), usageOf(usage));
  }

  private events(parts: readonly AnswerPart[]): object[] {
    return parts.flatMap((part) => this.add(part));
  }

  private add(part: AnswerPart): object[] {
    switch (part.kind) {
      case 'reasoning':
        return this.grow('thinking', { type: 'thinking_delta', thinking: part.text });
      case 'text':
        return this.grow('text', { type: 'text_delta', text: part.text });
      case 'call':
        return [...this.close(), ...this.beginCall(part)];
      case 'arguments':
        return [this.delta({ type: 'input_json_delta', partial_json: part.text })];
      case 'callEnd':
        return this.close();
    }
  }

  private grow(kind: keyof typeof EMPTY, delta: object): object[] {
    const opened = this.open === kind ? [] : [...this.close(), ...this.begin(kind)];
    return [...opened, this.delta(delta)];
  }

  private begin(kind: keyof typeof EMPTY): object[] {
    this.open = kind;
    return [this.start(EMPTY[kind])];
  }

  private beginCall({ id, name }: { id: string; name: string }): object[] {
    this.open = 'call';
    this.calls++;
    return [this.start({ type: 'tool_use', id, name, input: {} })];
  }

  private start(block: object): object {
    return { type: 'content_block_start', index: this.blocks, content_block: block };
  }

  private delta(delta: object): object {
    return { type: 'content_block_delta', index: this.blocks, delta };
  }

  private close(): object[] {
    if (!this.open) return [];
    this.open = null;
    return [{ type: 'content_block_stop', index: this.blocks++ }];
  }

  private message(content: object[], stop: object, usage: object): object {
    return { id: this.id, type: 'message', role: 'assistant', model: this.model, content, ...stop, usage };
  }

  /** The stop strings of a chat template are no sequences of the request. */
  private stopOf({ finishReason, stopString }: Ending, calls: number): object {
    const found = stopString !== null && this.stopSequences.includes(stopString);
    if (found) return { stop_reason: 'stop_sequence', stop_sequence: stopString };
    if (finishReason === 'length') return { stop_reason: 'max_tokens', stop_sequence: null };
    return { stop_reason: calls > 0 ? 'tool_use' : 'end_turn', stop_sequence: null };
  }
}

const NOT_ENDED = { stop_reason: null, stop_sequence: null };

const useOf = ({ id, function: { name, arguments: given } }: ToolCall) => ({
  type: 'tool_use',
  id,
  name,
  input: inputOf(given),
});

/** Arguments that are not JSON, or are cut, come in the form that Anthropic's documentation has for them. */
function inputOf(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return { INVALID_JSON: given };
  }
}

/** Anthropic counts the tokens that the prefix cache had apart from the others. */
function usageOf({ prompt_tokens, completion_tokens, prompt_tokens_details }: Usage) {
  const { cached_tokens: cached } = prompt_tokens_details;
  return {
    input_tokens: prompt_tokens - cached,
    cache_read_input_tokens: cached,
    output_tokens: completion_tokens,
  };
}
