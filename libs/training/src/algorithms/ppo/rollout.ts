/** One sampled response with all that its scoring and training need. Per-token arrays are of the response, [R]. */
export interface Rollout {
  /** Number of the sample in this run; the ledger's key. */
  id: number;
  /** Which prompt of the data set it answers. */
  promptIndex: number;
  prompt: readonly number[];
  response: readonly number[];
  /** Whether the response ended by itself, with an end-of-sequence token as its last. */
  endsWithEos: boolean;
  /** Under the policy that sampled it, at the sampling temperature. */
  logProbs: Float32Array;
  /** Of the same tokens under the reference policy, at the same temperature. */
  refLogProbs: Float32Array;
}

/** A response as the sampler gives it. */
export interface SampledResponse {
  tokens: readonly number[];
  logProbs: Float32Array;
  finishReason: 'stop' | 'length';
}

/**
 * Samples one response to each prompt from the current policy. Prompt i draws the numbers of prompt `firstIndex` + i of
 * `seed`, which differs from iteration to iteration.
 */
export type SampleResponses = (
  prompts: readonly (readonly number[])[],
  seed: number,
  firstIndex: number,
) => Promise<SampledResponse[]>;
