/** The fields of a model's configuration that its weights and its activations depend on. */
export interface ModelShape {
  /** Architecture: gpt2, opt, or one with the layout of LLaMA. */
  family: string;
  vocabSize: number;
  hiddenSize: number;
  intermediateSize: number;
  numHiddenLayers: number;
  numAttentionHeads: number;
  numKeyValueHeads: number;
  headDim: number;
  maxPositionEmbeddings: number;
  tieWordEmbeddings: boolean;
  attentionBias: boolean;
  attentionOutBias: boolean;
  mlpBias: boolean;
  doLayerNormBefore: boolean;
}

/** The dimensions of a fresh LLaMA, as a pipeline file has them. */
export interface FreshDimensions {
  hiddenSize: number;
  intermediateSize: number;
  numHiddenLayers: number;
  numAttentionHeads: number;
  numKeyValueHeads?: number;
  maxPositionEmbeddings: number;
  tieWordEmbeddings: boolean;
  vocabSize: number;
}

/** The shape of a fresh model. A tokenizer that is named or learned may have fewer tokens than `vocabSize`. */
export function freshShape({ numKeyValueHeads, ...dimensions }: FreshDimensions): ModelShape {
  const { hiddenSize, numAttentionHeads } = dimensions;
  return {
    family: 'llama',
    ...dimensions,
    numKeyValueHeads: numKeyValueHeads ?? numAttentionHeads,
    headDim: hiddenSize / numAttentionHeads,
    attentionBias: false,
    attentionOutBias: false,
    mlpBias: false,
    doLayerNormBefore: true,
  };
}

/** The shapes of the built-in models, so that a plan needs no download. */
const BUILTIN: Readonly<Record<string, FreshDimensions>> = {
  'smollm2-135m-instruct': {
    vocabSize: 49152,
    hiddenSize: 576,
    intermediateSize: 1536,
    numHiddenLayers: 30,
    numAttentionHeads: 9,
    numKeyValueHeads: 3,
    maxPositionEmbeddings: 8192,
    tieWordEmbeddings: true,
  },
};

/** The shape of `builtin:<name>`; undefined for a name that is not known. */
export const builtinShape = (name: string): ModelShape | undefined =>
  Object.hasOwn(BUILTIN, name) ? freshShape(BUILTIN[name]) : undefined;
