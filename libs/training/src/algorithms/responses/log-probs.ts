import { mul, reshape, sum, tokenLogProbs, type Value } from '@open-chatgpt/autodiff';
import { logitsChunkRows, type ObjectiveContext } from '@open-chatgpt/models';

/**
 * The log-probability of each row's response, summed over its tokens, and its number of tokens: both [B, 1]. Adds the
 * inputs `labels` and `responseMask` and the output `logProbs`.
 */
export function responseLogProbs(on: ObjectiveContext): { logProbs: Value; lengths: Value } {
  const { graph, tokens, config } = on.context;
  const labels = graph.input('labels', 'int64', [tokens]);
  const mask = graph.input('responseMask', 'float32', [tokens, 1]);
  const chunkRows = logitsChunkRows(config.vocabSize);
  const perToken = tokenLogProbs(on.hidden, on.outputEmbedding(), labels, { chunkRows }).logProbs;
  const sumRows = (values: Value) => sum(reshape(values, [on.batch, on.length]), [1], true);
  const logProbs = sumRows(mul(perToken, mask));
  graph.output('logProbs', logProbs);
  return { logProbs, lengths: sumRows(mask) };
}
