import { randomBytes } from 'node:crypto';
import type { AnswerParts } from '../tools/answer-reader';
import type { ToolCall } from '../tools/tool-call-reader';

export const newId = (prefix: string): string => `${prefix}_${randomBytes(24).toString('hex')}`;

type Status = 'completed' | 'incomplete' | 'in_progress';

/** The items that grow, by the names of their events. */
const GROWING = {
  message: {
    prefix: 'msg',
    event: 'response.output_text',
    part: (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] }),
    item: (status: Status, content: object[]) => ({ type: 'message', status, role: 'assistant', content }),
    more: { logprobs: [] },
  },
  reasoning: {
    prefix: 'rs',
    event: 'response.reasoning_text',
    part: (text: string) => ({ type: 'reasoning_text', text }),
    item: (status: Status, content: object[]) => ({ type: 'reasoning', status, summary: [], content }),
    more: {},
  },
};

/** The output of a response: thoughts, a message, calls of functions, and the events that report them while they arrive. */
export class OutputItems {
  readonly complete: object[] = [];
  /** What the next response reads of it. */
  text = '';
  reasoning = '';
  readonly calls: ToolCall[] = [];
  private open: { kind: keyof typeof GROWING; id: string; text: string } | null = null;
  /** Blank text, which is a message only with other text. */
  private blank = '';

  /** @returns the events */
  push({ reasoning, text, calls }: AnswerParts): object[] {
    this.reasoning += reasoning;
    const thoughts = reasoning === '' ? [] : this.grow('reasoning', reasoning);
    return [...thoughts, ...this.write(text), ...calls.flatMap((call) => this.call(call))];
  }

  /** @param status of the last item @returns the events. An answer without items is an empty message */
  end(status: Status): object[] {
    const isEmpty = this.complete.length === 0 && !this.open;
    return [...(isEmpty ? this.begin('message') : []), ...this.close(status)];
  }

  private write(text: string): object[] {
    this.text += text;
    const whole = this.blank + text;
    const waits = this.open?.kind !== 'message' && whole.trim() === '';
    this.blank = waits ? whole : '';
    return waits ? [] : this.grow('message', whole);
  }

  private grow(kind: keyof typeof GROWING, delta: string): object[] {
    if (delta === '') return [];
    const opened = this.open?.kind === kind ? [] : [...this.close('completed'), ...this.begin(kind)];
    const open = this.open!;
    open.text += delta;
    const { event, more } = GROWING[kind];
    return [...opened, { type: `${event}.delta`, ...this.place(open.id), delta, ...more }];
  }

  private begin(kind: keyof typeof GROWING): object[] {
    const { prefix, item, part } = GROWING[kind];
    const id = newId(prefix);
    this.open = { kind, id, text: '' };
    return [
      this.added({ id, ...item('in_progress', []) }),
      { type: 'response.content_part.added', ...this.place(id), part: part('') },
    ];
  }

  private close(status: Status): object[] {
    if (!this.open) return [];
    const { kind, id, text } = this.open;
    const { event, part, item, more } = GROWING[kind];
    this.open = null;
    return [
      { type: `${event}.done`, ...this.place(id), text, ...more },
      { type: 'response.content_part.done', ...this.place(id), part: part(text) },
      this.done({ id, ...item(status, [part(text)]) }),
    ];
  }

  private call(call: ToolCall): object[] {
    const closed = this.close('completed');
    this.blank = '';
    this.calls.push(call);
    const { name, arguments: given } = call.function;
    const item = { id: newId('fc'), type: 'function_call', call_id: call.id, name };
    const at = { item_id: item.id, output_index: this.complete.length };
    return [
      ...closed,
      this.added({ ...item, status: 'in_progress', arguments: '' }),
      { type: 'response.function_call_arguments.delta', ...at, delta: given },
      { type: 'response.function_call_arguments.done', ...at, name, arguments: given },
      this.done({ ...item, status: 'completed', arguments: given }),
    ];
  }

  private added(item: object): object {
    return { type: 'response.output_item.added', output_index: this.complete.length, item };
  }

  private done(item: object): object {
    const output_index = this.complete.push(item) - 1;
    return { type: 'response.output_item.done', output_index, item };
  }

  private place(item_id: string) {
    return { item_id, output_index: this.complete.length, content_index: 0 };
  }
}
