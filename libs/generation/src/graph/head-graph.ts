import { attribute, cast, Graph, log, mul, type Value } from '@open-chatgpt/autodiff';

/**
 * The output of a head, from the next token's distribution at the temperature of each row: all `probabilities` [B, V], or
 * for `greedy` the most probable token [B] and its log-probability [B, 1].
 */
export type HeadKind = 'probabilities' | 'greedy';

/** Computes the output `kind` from logits [B, V] and `inverseTemperature` [B, 1]. */
export function headGraph(vocabSize: number, kind: HeadKind): Graph {
  const graph = new Graph();
  const shape = ['B', vocabSize];
  const logits = graph.input('logits', 'float32', shape);
  const scaled = mul(logits, graph.input('inverseTemperature', 'float32', ['B', 1]));
  const [probabilities] = graph.node('Softmax', [scaled], { axis: attribute.int(-1) }, [{ shape }]);
  if (kind === 'probabilities') {
    graph.output('probabilities', probabilities);
  } else {
    graph.output('token', argMax(logits));
    graph.output('logProb', log(max(probabilities)));
  }
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
