import { randomBytes } from 'node:crypto';
import type { Delta } from '../generation/generate-choices';
import { namedEvents } from '../openai/event-stream';
import type { Choice, Ending, ResponseFormat, Usage } from '../openai/response-format';
import type { ResponsesRequest } from './response-request';

/** What a response ended with. */
interface Outcome {
  text: string;
  ending: Ending;
  usage: Usage;
}

const newId = (prefix: string): string => `${prefix}_${randomBytes(24).toString('hex')}`;

/** A `response`, whole or as its events. It has one message. */
export class ResponsesFormat implements ResponseFormat {
  readonly id = newId('resp');
  readonly style = namedEvents(({ code, message, param }) =>
    this.numbered({ type: 'error', code, message, param }),
  );
  private readonly itemId = newId('msg');
  private readonly created = Math.floor(Date.now() / 1000);
  private text = '';
  private ending: Ending | null = null;
  private sequence = 0;

  /** @param keep stores the whole response before it is sent */
  constructor(
    private readonly request: ResponsesRequest,
    private readonly keep: (text: string, body: object) => Promise<void>,
  ) {}

  firstChunk(): object[] {
    const item = { id: this.itemId, type: 'message', status: 'in_progress', role: 'assistant', content: [] };
    return [
      { type: 'response.created', response: this.body(null) },
      { type: 'response.in_progress', response: this.body(null) },
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.content_part.added', ...this.place, part: part('') },
    ].map((event) => this.numbered(event));
  }

  async deltaChunk({ text }: Delta): Promise<object> {
    this.text += text;
    return this.numbered({ type: 'response.output_text.delta', ...this.place, delta: text, logprobs: [] });
  }

  lastChunk(_index: number, ending: Ending): object[] {
    this.ending = ending;
    return [
      { type: 'response.output_text.done', ...this.place, text: this.text, logprobs: [] },
      { type: 'response.content_part.done', ...this.place, part: part(this.text) },
      { type: 'response.output_item.done', output_index: 0, item: this.item(this.text, ending) },
    ].map((event) => this.numbered(event));
  }

  async usageChunk(usage: Usage): Promise<object> {
    const response = await this.whole({ text: this.text, ending: this.ending!, usage });
    return this.numbered({ type: `response.${statusOf(this.ending!)}`, response });
  }

  async response([choice]: readonly Choice[], usage: Usage): Promise<object> {
    return this.whole({ text: choice.text, ending: choice, usage });
  }

  private async whole(outcome: Outcome): Promise<object> {
    const body = this.body(outcome);
    await this.keep(outcome.text, body);
    return body;
  }

  private get place() {
    return { item_id: this.itemId, output_index: 0, content_index: 0 };
  }

  private numbered(event: object): object {
    return { ...event, sequence_number: this.sequence++ };
  }

  private item(text: string, ending: Ending): object {
    return {
      id: this.itemId,
      type: 'message',
      status: statusOf(ending),
      role: 'assistant',
      content: [part(text)],
    };
  }

  /** @param outcome null while the response is in progress */
  private body(outcome: Outcome | null): object {
    const { request } = this;
    const status = outcome ? statusOf(outcome.ending) : 'in_progress';
    return {
      id: this.id,
      object: 'response',
      created_at: this.created,
      status,
      error: null,
      incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
      instructions: request.instructions ?? null,
      max_output_tokens: request.max_output_tokens ?? null,
      metadata: request.metadata,
      model: request.model,
      output: outcome ? [this.item(outcome.text, outcome.ending)] : [],
      parallel_tool_calls: true,
      previous_response_id: request.previous_response_id ?? null,
      store: request.store,
      temperature: request.temperature ?? null,
      text: request.text,
      tool_choice: 'auto',
      tools: [],
      top_p: request.top_p ?? null,
      truncation: 'disabled',
      usage: outcome && usageOf(outcome.usage),
    };
  }
}

const statusOf = ({ finishReason }: Ending) => (finishReason === 'length' ? 'incomplete' : 'completed');

const part = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] });

const usageOf = ({ prompt_tokens, completion_tokens, total_tokens }: Usage) => ({
  input_tokens: prompt_tokens,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: completion_tokens,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens,
});
