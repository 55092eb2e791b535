import type { Adapter } from '@open-chatgpt/models';
import type { EarlyStopping } from '../beam/hypotheses';
import type { TokenConstraint } from '../sampling/token-constraint';

/** How the next token is sampled. Names follow Hugging Face's GenerationConfig; defaults are in `DEFAULT_SAMPLING`. */
export interface SamplingOptions {
  /** Divides the logits, for sampling and for the recorded log-probabilities. */
  temperature?: number;
  /** Only the k most probable tokens; 0 for all. */
  topK?: number;
  /** Only the most probable tokens that together reach this probability; 1 for all. */
  topP?: number;
  /** Only tokens with at least this probability relative to the most probable one; 0 for all. */
  minP?: number;
  /** Above 1 lowers the probability of tokens of the prompt and the answer; 1 changes nothing. */
  repetitionPenalty?: number;
  /** Subtracted from a token's logit for each of its occurrences in the answer (OpenAI's penalty, as in vLLM). */
  frequencyPenalty?: number;
  /** Subtracted from the logit of each token that occurs in the answer. */
  presencePenalty?: number;
  /** Added to the logits of some tokens, by token id. */
  logitBias?: ReadonlyMap<number, number>;
  /** false selects the most probable token. */
  doSample?: boolean;
}

/** Search for the most probable answer instead of sampling. */
export interface BeamOptions {
  /** Width of the beam search, which is deterministic. Default 1: no search. */
  numBeams?: number;
  /** Answers are ranked by Σ log-probability / length^lengthPenalty: above 0 favors long answers. Default 1. */
  lengthPenalty?: number;
  /** When to stop after `numBeams` answers; see `Hypotheses.isDone`. Default false. */
  earlyStopping?: EarlyStopping;
}

export interface GenerateOptions extends SamplingOptions, BeamOptions {
  prompts: readonly (readonly number[])[];
  maxNewTokens: number;
  /** No stop token is sampled before this many tokens. Default 0. */
  minNewTokens?: number;
  /** Tokens that end an answer; by default the model's EOS tokens. */
  stopTokenIds?: readonly number[];
  /** Prompt i draws from the stream `createRng(seed).fork(firstIndex + i)`, independent of the rest of the batch. Default 0. */
  seed?: number;
  /** Index of the first prompt, when this call answers a part of the prompts of one seed. Default 0. */
  firstIndex?: number;
  /** Number of most probable tokens to report with each token. Default 0. */
  topLogProbs?: number;
  /** Largest number of concurrent prompts; by default the generator's `batchSize`. */
  batchSize?: number;
  /** Changes the model for these prompts. The generator must be created with `adapters`. Other prompts share the batch. */
  adapter?: Adapter | null;
  /** Prompts that wait for a row get one by their priority, lower numbers first, then in their order. Default 0. Beam search has none. */
  priority?: number;
  /** Prompts share the keys and values of equal beginnings only with prompts of the same salt. Beam search shares nothing. */
  cacheSalt?: string;
  /** Makes the constraint of the answer to prompt `index`. */
  constraint?: (index: number) => TokenConstraint;
  /** Called with each sampled token, and awaited. A result of true ends that answer with finish reason `stop`. */
  onToken?: (event: TokenEvent) => unknown;
  /** Called with each complete answer, and awaited. */
  onFinish?: (event: Generation & { index: number }) => unknown;
  /** Ends all answers. The promise is rejected with the signal's reason. */
  signal?: AbortSignal;
}

export interface TokenEvent {
  /** Index of the prompt. */
  index: number;
  token: number;
  logProb: number;
  /** The most probable tokens in descending order, before any filter, penalty or constraint. Empty without `topLogProbs`. */
  top: readonly TokenLogProb[];
}

export interface TokenLogProb {
  token: number;
  logProb: number;
}

export interface Generation {
  /** The new tokens, including the final stop token if there is one. */
  tokens: number[];
  /** log softmax(logits / temperature) of each token, over the whole vocabulary, before any filter, penalty or constraint. */
  logProbs: Float32Array;
  /** `stop`: ended by a stop token, a constraint that is complete, or `onToken`; `length`: by `maxNewTokens` or the model's context. */
  finishReason: 'stop' | 'length';
  /** Tokens of the prompt whose keys and values were copied from another row, not computed. */
  cachedTokens: number;
}
