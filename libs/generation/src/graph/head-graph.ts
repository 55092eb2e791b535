import { familyOf, type Model } from '@open-chatgpt/models';
import { attribute, cast, Graph, linear, log, mul, type Value } from '@open-chatgpt/tensor';
import { DecodingContext } from './decoding-context';

/**
 * What is read of the next token's distribution at the rows' temperatures:
 * `probabilities` [B, V]; `greedy` the likeliest token [B] and its log-probability [B, 1];
 * `logits` [B, V] beside the probabilities, for penalties.
 */
export type HeadKind = 'probabilities' | 'greedy' | 'logits';

/** From hidden states [B, D] and `inverseTemperature` [B, 1] to what `kind` says. */
export function headGraph(model: Model, kind: HeadKind): Graph {
  const graph = new Graph();
  const { hiddenSize, vocabSize } = model.config;
  const context = new DecodingContext(graph, model);
  const hidden = graph.input('hidden', 'float32', ['B', hiddenSize]);
  const inverse = graph.input('inverseTemperature', 'float32', ['B', 1]);
  const table = context.parameter(familyOf(model.config).outputEmbedding(model.config));
  const logits = mul(linear(hidden, table), inverse);
  const [probabilities] = graph.node('Softmax', [logits], { axis: attribute.int(-1) }, [
    { shape: ['B', vocabSize] },
  ]);
  if (kind === 'greedy') {
    graph.output('token', argMax(logits));
    graph.output('logProb', log(max(probabilities)));
    return graph;
  }
  graph.output('probabilities', probabilities);
  if (kind === 'logits') graph.output('logits', logits);
  return graph;
}

function argMax(x: Value): Value {
  const { int } = attribute;
  const [index] = x.graph.node('ArgMax', [x], { axis: int(1), keepdims: int(0) }, [
    { shape: ['B'], dtype: 'int64' },
  ]);
  return cast(index, 'int32');
}

function max(x: Value): Value {
  const attributes = { keepdims: attribute.int(1) };
  return x.graph.node('ReduceMax', [x, x.graph.int64s([1])], attributes, [{ shape: ['B', 1] }])[0];
}
