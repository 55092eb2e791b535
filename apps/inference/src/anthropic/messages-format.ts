import { randomUUID } from 'node:crypto';
import type { Delta } from '../generation/generate-choices';
import type { ReadPrompt } from '../generation/read-prompts';
import { namedEvents } from '../openai/event-stream';
import type { Choice, Ending, ResponseFormat, Usage } from '../openai/response-format';
import { anthropicError } from './anthropic-error.filter';

/** Anthropic's `message`, whole or as its events. A request has one choice. */
export class MessagesFormat implements ResponseFormat {
  readonly style = namedEvents(anthropicError);
  private readonly id = `msg_${randomUUID().replaceAll('-', '')}`;
  private ending: Ending | null = null;

  constructor(
    private readonly model: string,
    private readonly stopSequences: readonly string[],
  ) {}

  firstChunk(_index: number, prompt: ReadPrompt): object[] {
    const message = this.message([], null, { input_tokens: prompt.ids.length, output_tokens: 0 });
    return [
      { type: 'message_start', message },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ];
  }

  async deltaChunk({ text }: Delta): Promise<object> {
    return { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } };
  }

  lastChunk(_index: number, ending: Ending): object {
    this.ending = ending;
    return { type: 'content_block_stop', index: 0 };
  }

  usageChunk(usage: Usage): object[] {
    const delta = this.stopOf(this.ending!);
    return [{ type: 'message_delta', delta, usage: usageOf(usage) }, { type: 'message_stop' }];
  }

  async response([choice]: readonly Choice[], usage: Usage): Promise<object> {
    return this.message([{ type: 'text', text: choice.text }], choice, usageOf(usage));
  }

  private message(content: object[], ending: Ending | null, usage: object): object {
    const stop = ending ? this.stopOf(ending) : { stop_reason: null, stop_sequence: null };
    return { id: this.id, type: 'message', role: 'assistant', model: this.model, content, ...stop, usage };
  }

  /** The stop strings of a chat template are no sequences of the request. */
  private stopOf({ finishReason, stopString }: Ending) {
    const found = stopString !== null && this.stopSequences.includes(stopString);
    if (found) return { stop_reason: 'stop_sequence', stop_sequence: stopString };
    return { stop_reason: finishReason === 'length' ? 'max_tokens' : 'end_turn', stop_sequence: null };
  }
}

const usageOf = ({ prompt_tokens, completion_tokens }: Usage) => ({
  input_tokens: prompt_tokens,
  output_tokens: completion_tokens,
});
