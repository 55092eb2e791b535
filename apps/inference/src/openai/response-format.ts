import type { TextGeneration } from '@open-chatgpt/generation';
import type { Delta } from '../generation/generate-choices';

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

export type FinishReason = TextGeneration['finishReason'];

/** One whole choice; its deltas hold the tokens, for log-probabilities. */
export interface Choice {
  text: string;
  finishReason: FinishReason;
  deltas: readonly Delta[];
}

/** The JSON of a response: of chat completions, or of text completions. */
export interface ResponseFormat {
  /** Begins the stream of a choice; null where the format has no such chunk. */
  firstChunk(index: number): object | null;
  deltaChunk(delta: Delta): Promise<object>;
  lastChunk(index: number, finishReason: FinishReason): object;
  /** Ends a stream whose request has `include_usage`. */
  usageChunk(usage: Usage): object;
  /** The response without a stream. */
  response(choices: readonly Choice[], usage: Usage): Promise<object>;
}
