import { linear, type Value } from '@open-chatgpt/autodiff';
import type { ModelContext } from '../graph/model-context';
import { SCORE_WEIGHT } from '../model/model';

/** The reward or value of each row: hidden [M, D] → [M, 1]. No bias, as in LlamaForSequenceClassification. */
export function scalarHead(context: Pick<ModelContext, 'parameter'>, hidden: Value): Value {
  return linear(hidden, context.parameter(SCORE_WEIGHT));
}
