import type { TextGeneration } from '@open-chatgpt/generation';
import type { Delta } from '../generation/generate-choices';
import type { ReadPrompt } from '../generation/read-prompts';
import type { EventStyle, Events } from './event-stream';

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  /** Tokens of the prompts that no choice computed, because an earlier prompt began alike. */
  prompt_tokens_details: { cached_tokens: number };
}

export type FinishReason = TextGeneration['finishReason'] | 'tool_calls';

/** How a choice ended. */
export type Ending = Pick<TextGeneration, 'finishReason' | 'stopString' | 'tokens'>;

/** One whole choice; its deltas hold the tokens, for log-probabilities. */
export interface Choice extends Ending, Pick<TextGeneration, 'logProbs'> {
  prompt: ReadPrompt;
  text: string;
  deltas: readonly Delta[];
}

/** The JSON of a response: of chat completions, of text completions, or of another API. */
export interface ResponseFormat {
  /** How the events of a stream are written; by default as chunks without names. */
  readonly style?: EventStyle;
  /** Begins the stream of a choice; null where the format has no such chunk. */
  firstChunk(index: number, prompt: ReadPrompt): Events | Promise<Events>;
  deltaChunk(delta: Delta): Promise<Events>;
  lastChunk(index: number, ending: Ending): Events;
  /** Ends a stream whose request has `include_usage`. */
  usageChunk(usage: Usage): Events | Promise<Events>;
  /** The response without a stream. */
  response(choices: readonly Choice[], usage: Usage): Promise<object>;
}
