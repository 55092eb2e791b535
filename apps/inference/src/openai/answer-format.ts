import type { TextGeneration } from '@open-chatgpt/generation';
import type { Piece } from '../answering/answer';

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

export type FinishReason = TextGeneration['finishReason'];

/** One whole answer, with its pieces where their tokens matter. */
export interface WholeAnswer {
  text: string;
  finishReason: FinishReason;
  pieces: readonly Piece[];
}

/** How answers look on the wire: as chat or as text completions. */
export interface AnswerFormat {
  /** What begins an answer's stream; null for nothing. */
  begin(index: number): object | null;
  piece(piece: Piece): Promise<object>;
  end(index: number, finishReason: FinishReason): object;
  /** The last chunk of a stream that was asked for usage. */
  usage(usage: Usage): object;
  /** The response where there is no stream. */
  whole(answers: readonly WholeAnswer[], usage: Usage): Promise<object>;
}
