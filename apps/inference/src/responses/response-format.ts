import type { Delta } from '../generation/generate-choices';
import type { ReadPrompt } from '../generation/read-prompts';
import { namedEvents } from '../openai/event-stream';
import type { Choice, Ending, ResponseFormat, Usage } from '../openai/response-format';
import type { AnswerReaders } from '../tools/answer-reader';
import { OutputItems } from './output-items';
import type { ResponsesRequest } from './response-request';

/** What a response ended with. */
interface Outcome {
  ending: Ending;
  usage: Usage;
}

/** A `response`, whole or as its events. */
export class ResponsesFormat implements ResponseFormat {
  readonly style = namedEvents(({ code, message, param }) =>
    this.numbered({ type: 'error', code, message, param }),
  );
  private readonly created = Math.floor(Date.now() / 1000);
  private readonly output = new OutputItems();
  private ending: Ending | null = null;
  private sequence = 0;

  /** @param keep stores the whole response before it is sent */
  constructor(
    readonly id: string,
    private readonly request: ResponsesRequest,
    private readonly readers: AnswerReaders,
    private readonly keep: (output: OutputItems, body: object) => Promise<void>,
  ) {}

  async firstChunk(index: number, prompt: ReadPrompt): Promise<object[]> {
    await this.readers.start(index, prompt);
    return ['response.created', 'response.in_progress'].map((type) =>
      this.numbered({ type, response: this.body(null) }),
    );
  }

  async deltaChunk({ index, text }: Delta): Promise<object[]> {
    return this.output.push(this.readers.push(index, text)).map((event) => this.numbered(event));
  }

  lastChunk(index: number, ending: Ending): object[] {
    this.ending = ending;
    return [...this.output.push(this.readers.end(index)), ...this.output.end(statusOf(ending))].map((event) =>
      this.numbered(event),
    );
  }

  async usageChunk(usage: Usage): Promise<object> {
    const response = await this.whole({ ending: this.ending!, usage });
    return this.numbered({ type: `response.${statusOf(this.ending!)}`, response });
  }

  async response([choice]: readonly Choice[], usage: Usage): Promise<object> {
    this.output.push(await this.readers.read(choice));
    this.output.end(statusOf(choice));
    return this.whole({ ending: choice, usage });
  }

  private async whole(outcome: Outcome): Promise<object> {
    const body = this.body(outcome);
    await this.keep(this.output, body);
    return body;
  }

  private numbered(event: object): object {
    return { ...event, sequence_number: this.sequence++ };
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
      output: outcome ? this.output.complete : [],
      parallel_tool_calls: request.parallel_tool_calls,
      previous_response_id: request.previous_response_id ?? null,
      store: request.store,
      temperature: request.temperature ?? null,
      text: request.text,
      tool_choice: request.tool_choice,
      tools: request.tools,
      top_p: request.top_p ?? null,
      truncation: 'disabled',
      usage: outcome && usageOf(outcome.usage),
    };
  }
}

const statusOf = ({ finishReason }: Ending) => (finishReason === 'length' ? 'incomplete' : 'completed');

const usageOf = ({ prompt_tokens, prompt_tokens_details, completion_tokens, total_tokens }: Usage) => ({
  input_tokens: prompt_tokens,
  input_tokens_details: prompt_tokens_details,
  output_tokens: completion_tokens,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens,
});
