import { linear, mul, sum, type Value } from '@open-chatgpt/autodiff';
import type { Objective } from '../execution/objective';
import type { ModelContext } from '../graph/model-context';
import { SCORE_WEIGHT } from '../model/model';

/** Σ weight · score of each token: stands for the losses of reward and value models where only their cost matters. */
export const scoreLoss: Objective = ({ context, hidden }) => {
  const weights = context.graph.input('lossWeights', 'float32', [context.tokens, 1]);
  return sum(mul(scalarHead(context, hidden), weights));
};

/** The reward or value of each row: hidden [M, D] → [M, 1]. No bias, as in LlamaForSequenceClassification. */
export function scalarHead(context: Pick<ModelContext, 'parameter'>, hidden: Value): Value {
  return linear(hidden, context.parameter(SCORE_WEIGHT));
}
