import { randomBytes } from 'node:crypto';
import type { AnswerPart, ToolCall } from '../tools/answer-parts';

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
  /** The call whose arguments arrive. */
  private openCall: { id: string; call: ToolCall } | null = null;
  /** Blank text, which is a message only with other text. */
  private blank = '';

  /** @returns the events */
  push(parts: readonly AnswerPart[]): object[] {
    return parts.flatMap((part) => this.add(part));
  }

  /** @param status of the last item @returns the events. An answer without items is an empty message */
  end(status: Status): object[] {
    if (this.openCall) return this.endCall('incomplete');
    const isEmpty = this.complete.length === 0 && !this.open;
    return [...(isEmpty ? this.begin('message') : []), ...this.close(status)];
  }

  private add(part: AnswerPart): object[] {
    switch (part.kind) {
      case 'reasoning':
        this.reasoning += part.text;
        return this.grow('reasoning', part.text);
      case 'text':
        return this.write(part.text);
      case 'call':
        return this.beginCall(part);
      case 'arguments':
        return this.growCall(part.text);
      case 'callEnd':
        return this.endCall('completed');
    }
  }

  private write(text: string): object[] {
    this.text += text;
    const whole = this.blank + text;
    const waits = this.open?.kind !== 'message' && whole.trim() === '';
    this.blank = waits ? whole : '';
    return waits ? [] : this.grow('message', whole);
  }

  private grow(kind: keyof typeof GROWING, delta: string): object[] {
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

  private beginCall({ id: callId, name }: { id: string; name: string }): object[] {
    const closed = this.close('completed');
    this.blank = '';
    const call: ToolCall = { id: callId, type: 'function', function: { name, arguments: '' } };
    this.calls.push(call);
    this.openCall = { id: newId('fc'), call };
    return [...closed, this.added(callItem(this.openCall, 'in_progress'))];
  }

  private growCall(delta: string): object[] {
    const { id, call } = this.openCall!;
    call.function.arguments += delta;
    return [{ type: 'response.function_call_arguments.delta', ...this.at(id), delta }];
  }

  private endCall(status: Status): object[] {
    const open = this.openCall!;
    this.openCall = null;
    const { id, call } = open;
    return [
      { type: 'response.function_call_arguments.done', ...this.at(id), ...call.function },
      this.done(callItem(open, status)),
    ];
  }

  private added(item: object): object {
    return { type: 'response.output_item.added', output_index: this.complete.length, item };
  }

  private done(item: object): object {
    const output_index = this.complete.push(item) - 1;
    return { type: 'response.output_item.done', output_index, item };
  }

  private at(item_id: string) {
    return { item_id, output_index: this.complete.length };
  }

  private place(item_id: string) {
    return { ...this.at(item_id), content_index: 0 };
  }
}

const callItem = ({ id, call }: { id: string; call: ToolCall }, status: Status) => ({
  id,
  type: 'function_call',
  status,
  call_id: call.id,
  ...call.function,
});
