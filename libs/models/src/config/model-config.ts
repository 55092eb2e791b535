/** The model families that have a graph. LLaMA 1/2/3, Alpaca, Vicuna, TinyLlama and SmolLM2 are all `llama`. */
export const MODEL_FAMILIES = ['llama', 'mistral', 'qwen2', 'qwen3', 'gpt2', 'opt'] as const;
export type ModelFamily = (typeof MODEL_FAMILIES)[number];

export type HiddenActivation = 'silu' | 'gelu' | 'gelu_new' | 'relu';

/** How rotary frequencies are scaled beyond the pre-training length. */
export type RopeScaling =
  | { type: 'linear'; factor: number }
  | { type: 'dynamic'; factor: number }
  | {
      type: 'llama3';
      factor: number;
      lowFreqFactor: number;
      highFreqFactor: number;
      originalMaxPositionEmbeddings: number;
    }
  | {
      type: 'yarn';
      factor: number;
      originalMaxPositionEmbeddings: number;
      betaFast: number;
      betaSlow: number;
      /** Multiplied into cos and sin; null derives it from `factor` (YaRN, arXiv 2309.00071, section 3.4). */
      attentionFactor: number | null;
      mscale: number | null;
      mscaleAllDim: number | null;
      /** Whether the bounds of the interpolation ramp are rounded to whole dimensions. */
      truncate: boolean;
    };

/** The configuration of every family. Fields that a family does not have hold a neutral value. */
export interface ModelConfig {
  family: ModelFamily;
  vocabSize: number;
  hiddenSize: number;
  intermediateSize: number;
  numHiddenLayers: number;
  numAttentionHeads: number;
  /** Equal to `numAttentionHeads` without grouped queries. */
  numKeyValueHeads: number;
  headDim: number;
  maxPositionEmbeddings: number;
  /** ε of RMSNorm or LayerNorm. */
  normEps: number;
  /** Unused by `gpt2` and `opt`, whose positions are learned. */
  ropeTheta: number;
  ropeScaling: RopeScaling | null;
  tieWordEmbeddings: boolean;
  /** Biases on the query, key and value projections. */
  attentionBias: boolean;
  attentionOutBias: boolean;
  mlpBias: boolean;
  hiddenAct: HiddenActivation;
  /** Number of tokens that attention covers, including the current one; null for all. */
  slidingWindow: number | null;
  bosTokenId: number | null;
  eosTokenIds: number[];
  padTokenId: number | null;
  /** `opt` only (its 350M model normalizes after each block); true elsewhere. */
  doLayerNormBefore: boolean;
  /** The original config.json, so that writing it preserves fields without a counterpart here. */
  source: Record<string, unknown>;
}
