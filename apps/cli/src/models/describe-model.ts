import { elementCount, isRewardModel, type ModelFiles } from '@open-chatgpt/models';

export interface ModelFacts {
  family: string;
  parameters: number;
  /** Number of elements of each number format. */
  dtypes: Record<string, number>;
  scalarHead: boolean;
  layers: number;
  hiddenSize: number;
  intermediateSize: number;
  attentionHeads: number;
  keyValueHeads: number;
  maxPositionEmbeddings: number;
  vocabSize: number;
  tiedEmbeddings: boolean;
}

/** The facts in the headers of a model. */
export function describeModel({ config, weights }: ModelFiles): ModelFacts {
  const tensors = weights.tensors();
  const dtypes: Record<string, number> = {};
  for (const { dtype, shape } of tensors) dtypes[dtype] = (dtypes[dtype] ?? 0) + elementCount(shape);
  return {
    family: config.family,
    parameters: Object.values(dtypes).reduce((a, b) => a + b, 0),
    dtypes,
    scalarHead: isRewardModel({ weights }),
    layers: config.numHiddenLayers,
    hiddenSize: config.hiddenSize,
    intermediateSize: config.intermediateSize,
    attentionHeads: config.numAttentionHeads,
    keyValueHeads: config.numKeyValueHeads,
    maxPositionEmbeddings: config.maxPositionEmbeddings,
    vocabSize: config.vocabSize,
    tiedEmbeddings: config.tieWordEmbeddings,
  };
}
