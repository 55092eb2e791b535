/** A sampled response. Arrays have one number for each token of the response, [R]. */
export interface Rollout {
  /** Number of the sample in this run; the ledger's key. */
  id: number;
  /** Number of the prompt in its dataset. */
  promptIndex: number;
  prompt: readonly number[];
  response: readonly number[];
  /** Whether the response ends with an end-of-sequence token. */
  endsWithEos: boolean;
  /** Under the policy that sampled it, at the sampling temperature. */
  logProbs: Float32Array;
  /** Of the same tokens under the reference policy, at the same temperature. */
  refLogProbs: Float32Array;
}

/** What the sampler returns for a prompt. */
export interface SampledResponse {
  tokens: readonly number[];
  logProbs: Float32Array;
  finishReason: 'stop' | 'length';
}

/**
 * Samples one response to each prompt from the current policy. Prompt i uses random stream `firstIndex` + i of `seed`; each
 * iteration has its own seed.
 */
export type SampleResponses = (
  prompts: readonly (readonly number[])[],
  seed: number,
  firstIndex: number,
  signal?: AbortSignal,
) => Promise<SampledResponse[]>;
