import type { EarlyStopping } from '../beam/hypotheses';

/** How the next token is chosen. Names and defaults follow Hugging Face's GenerationConfig. */
export interface SamplingOptions {
  /** Logits are divided by it, for the choice and for the recorded log-probabilities. Default 1. */
  temperature?: number;
  /** Only the k likeliest tokens; 0 (the default) for all. */
  topK?: number;
  /** Only the likeliest tokens that together reach this probability. Default 1: all. */
  topP?: number;
  /** Only tokens at least this likely, relative to the likeliest. Default 0: all. */
  minP?: number;
  /** Above 1 makes tokens of the prompt and the answer less likely to come again. Default 1: no change. */
  repetitionPenalty?: number;
  /** Subtracted from a token's logit for each time that it stands in the answer (OpenAI's, as vLLM has it). Default 0. */
  frequencyPenalty?: number;
  /** Subtracted from the logit of each token that stands in the answer. Default 0. */
  presencePenalty?: number;
  /** Added to the logits of some tokens, by token id. Default none. */
  logitBias?: ReadonlyMap<number, number>;
  /** false takes the likeliest token. Default true. */
  doSample?: boolean;
}

/** Search for the most probable answer instead of sampling one. */
export interface BeamOptions {
  /** Above 1 keeps this many unfinished answers; the choice is not random then. Default 1: no search. */
  numBeams?: number;
  /** Answers are ranked by Σ log-probability / length^lengthPenalty: above 0 favours long ones. Default 1. */
  lengthPenalty?: number;
  /** Stop once there are `numBeams` answers (true), once none can become better soon (false, default) or ever. */
  earlyStopping?: EarlyStopping;
}

export interface GenerateOptions extends SamplingOptions, BeamOptions {
  prompts: readonly (readonly number[])[];
  maxNewTokens: number;
  /** No stop token before this many tokens. Default 0. */
  minNewTokens?: number;
  /** Tokens that end a row; by default the model's EOS tokens. Empty: none. */
  stopTokenIds?: readonly number[];
  /** Row i draws from the stream `createRng(seed).fork(firstIndex + i)`, whatever else is in the batch. Default 0. */
  seed?: number;
  /** Number of the first prompt, where this call answers a part of the prompts of one seed. Default 0. */
  firstIndex?: number;
  /** With each token also this many of the likeliest ones that stood to choice. Default 0. */
  topLogProbs?: number;
  /** At most this many prompts at once; by default the generator's `batchSize`. */
  batchSize?: number;
  /** Called with each token as it is chosen; a result of true (awaited) ends that row with finish reason `stop`. */
  onToken?: (event: TokenEvent) => unknown;
  /** Called as each prompt's answer is whole, and awaited. */
  onFinish?: (event: Generation & { index: number }) => unknown;
  /** Ends all rows; the promise is rejected with the signal's reason. */
  signal?: AbortSignal;
}

export interface TokenEvent {
  /** Index of the prompt. */
  index: number;
  token: number;
  logProb: number;
  /** The likeliest tokens by falling probability, before any filter or penalty; empty without `topLogProbs`. */
  top: readonly TokenLogProb[];
}

export interface TokenLogProb {
  token: number;
  logProb: number;
}

export interface Generation {
  /** The new tokens, including the stop token if there was one. */
  tokens: number[];
  /** log softmax(logits / temperature) of each token, over the whole vocabulary, before any filter or penalty. */
  logProbs: Float32Array;
  /** `stop`: a stop token or `onToken` ended it; `length`: `maxNewTokens` or the model's context did. */
  finishReason: 'stop' | 'length';
}
