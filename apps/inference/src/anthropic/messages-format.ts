import { randomUUID } from 'node:crypto';
import type { Delta } from '../generation/generate-choices';
import type { ReadPrompt } from '../generation/read-prompts';
import { namedEvents } from '../openai/event-stream';
import type { Choice, Ending, ResponseFormat, Usage } from '../openai/response-format';
import type { AnswerParts, AnswerReaders } from '../tools/answer-reader';
import type { ToolCall } from '../tools/tool-call-reader';
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
  private open: keyof typeof EMPTY | null = null;
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
    const { reasoning, text, calls } = await this.readers.read(choice);
    const content = [
      ...(reasoning === '' ? [] : [{ ...EMPTY.thinking, thinking: reasoning }]),
      ...(text.trim() === '' && calls.length > 0 ? [] : [{ ...EMPTY.text, text }]),
      ...calls.map((call) => ({ ...useOf(call), input: JSON.parse(call.function.arguments) })),
    ];
    return this.message(content, this.stopOf(choice, calls.length), usageOf(usage));
  }

  private events({ reasoning, text, calls }: AnswerParts): object[] {
    return [
      ...(reasoning === '' ? [] : this.grow('thinking', { type: 'thinking_delta', thinking: reasoning })),
      ...(text === '' ? [] : this.grow('text', { type: 'text_delta', text })),
      ...calls.flatMap((call) => this.call(call)),
    ];
  }

  private grow(kind: keyof typeof EMPTY, delta: object): object[] {
    const opened = this.open === kind ? [] : [...this.close(), ...this.begin(kind)];
    return [...opened, { type: 'content_block_delta', index: this.blocks, delta }];
  }

  private begin(kind: keyof typeof EMPTY): object[] {
    this.open = kind;
    return [{ type: 'content_block_start', index: this.blocks, content_block: EMPTY[kind] }];
  }

  private close(): object[] {
    if (!this.open) return [];
    this.open = null;
    return [{ type: 'content_block_stop', index: this.blocks++ }];
  }

  private call(call: ToolCall): object[] {
    const closed = this.close();
    const index = this.blocks++;
    const delta = { type: 'input_json_delta', partial_json: call.function.arguments };
    this.calls++;
    return [
      ...closed,
      { type: 'content_block_start', index, content_block: { ...useOf(call), input: {} } },
      { type: 'content_block_delta', index, delta },
      { type: 'content_block_stop', index },
    ];
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

const useOf = ({ id, function: { name } }: ToolCall) => ({ type: 'tool_use', id, name });

const usageOf = ({ prompt_tokens, completion_tokens }: Usage) => ({
  input_tokens: prompt_tokens,
  output_tokens: completion_tokens,
});
