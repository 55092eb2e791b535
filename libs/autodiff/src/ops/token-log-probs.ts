import { composite } from '../autodiff/composite';
import { differentiable } from '../autodiff/differentiable';
import { float, int } from '../graph/attribute';
import { describe, requireDtype, requireFixed } from '../graph/check';
import { GraphError } from '../graph/error';
import { MICROSOFT } from '../graph/graph';
import type { Value } from '../graph/value';
import { add } from './add';
import { concat } from './concat';
import { log } from './log';
import { matmul } from './matmul';
import { mul } from './mul';
import { neg } from './neg';
import { reshape } from './reshape';
import { scale } from './scale';
import { slice } from './slice';
import { sub } from './sub';
import { sum } from './sum';

export interface TokenLogProbsOptions {
  /** Logits are divided by it. */
  temperature?: number;
  /** Also return the entropy of each row's distribution. */
  entropy?: boolean;
  /** Rows of one chunk, of each of the graph's `rowParts`. Bounds the memory of the logits to [chunkRows, V]. */
  chunkRows?: number;
}

/**
 * log softmax(x Wᵀ / temperature)[label] of each row, without the gradient of the logits in memory.
 * x [N, D], weight [V, D] (the output embedding), labels [N] int64 in [0, V) → logProbs [N, 1], entropy [N, 1].
 *
 * With g = d(loss)/d(logProb): dx = g (W[label] − P W), dW = −Pᵀ (g x) plus the sparse rows g x at the labels;
 * with h = d(loss)/d(entropy) the logits' gradient is −h P ∘ (log P + H).
 */
export function tokenLogProbs(
  x: Value,
  weight: Value,
  labels: Value,
  options: TokenLogProbsOptions = {},
): { logProbs: Value; entropy: Value | null } {
  checkOperands(x, weight, labels);
  const rows = Number(x.shape[0]);
  const { temperature = 1, entropy = false, chunkRows = rows } = options;
  if (!(temperature > 0)) throw new GraphError('tokenLogProbs', `temperature ${temperature} is not above 0`);
  if (!(chunkRows >= 1)) throw new GraphError('tokenLogProbs', `chunkRows ${chunkRows} is below 1`);
  const { rowParts } = x.graph;
  const partRows = rows / rowParts;
  if (!Number.isInteger(partRows))
    throw new GraphError('tokenLogProbs', `${rowParts} parts do not divide ${rows} rows`);
  if (chunkRows >= partRows) return chunk(x, weight, labels, temperature, entropy);
  const take = (value: Value, start: number, end: number) => {
    const parts = reshape(value, [rowParts, partRows, ...value.shape.slice(1)]);
    return reshape(slice(parts, 1, start, end), [rowParts * (end - start), ...value.shape.slice(1)]);
  };
  const chunks: ReturnType<typeof chunk>[] = [];
  for (let start = 0; start < partRows; start += chunkRows) {
    const end = Math.min(start + chunkRows, partRows);
    chunks.push(chunk(take(x, start, end), weight, take(labels, start, end), temperature, entropy));
  }
  const join = (columns: readonly Value[]) =>
    reshape(
      concat(
        columns.map((column) => reshape(column, [rowParts, Number(column.shape[0]) / rowParts, 1])),
        1,
      ),
      [rows, 1],
    );
  return {
    logProbs: join(chunks.map((one) => one.logProbs)),
    entropy: entropy ? join(chunks.map((one) => one.entropy!)) : null,
  };
}

function checkOperands(x: Value, weight: Value, labels: Value): void {
  requireDtype('tokenLogProbs', 'float32', x, weight);
  requireDtype('tokenLogProbs', 'int64', labels);
  requireFixed('tokenLogProbs', x, labels);
  const widths = x.rank === 2 && weight.rank === 2 && x.shape[1] === weight.shape[1];
  if (!widths || labels.rank !== 1 || labels.shape[0] !== x.shape[0]) {
    const got = describe(x, weight, labels);
    throw new GraphError('tokenLogProbs', `needs x [N, D], weight [V, D] and labels [N], got ${got}`);
  }
}

function chunk(x: Value, weight: Value, labels: Value, temperature: number, wantsEntropy: boolean) {
  const inverse = 1 / temperature;
  const parts = composite(x.graph, () => forward(x, weight, labels, inverse, wantsEntropy));
  const { logProbs, entropy } = parts;
  const outputs = entropy ? [logProbs, entropy] : [logProbs];
  differentiable('tokenLogProbs', [x, weight], outputs, ([g, h]) => {
    const dx: Value[] = [];
    const dW: Value[] = [];
    let sparse: { indices: Value; rows: Value } | undefined;
    if (g) {
      const gScaled = scale(g, inverse);
      dx.push(mul(sub(parts.labelRows, matmul(parts.probabilities, weight)), gScaled));
      const gx = mul(x, gScaled);
      dW.push(matmul(parts.probabilities, neg(gx), { transA: true }));
      sparse = { indices: labels, rows: gx };
    }
    if (h && entropy) {
      const logProbabilities = sub(parts.shifted, parts.logSumExp);
      const dLogits = mul(mul(parts.probabilities, add(logProbabilities, entropy)), scale(h, -inverse));
      dx.push(matmul(dLogits, weight));
      dW.push(matmul(dLogits, x, { transA: true }));
    }
    return [dx.reduce(add), weight.requiresGrad ? { dense: dW.reduce(add), sparse } : undefined];
  });
  return { logProbs, entropy };
}

function forward(x: Value, weight: Value, labels: Value, inverse: number, wantsEntropy: boolean) {
  const { graph } = x;
  const rows = x.shape[0];
  const vocabulary = weight.shape[0];
  const column = [{ shape: [rows, 1] }];
  const logits = graph.node(
    'FusedMatMul',
    [x, weight],
    { transB: int(1), alpha: float(inverse) },
    [{ shape: [rows, vocabulary] }],
    MICROSOFT,
  )[0];
  const max = (value: Value) =>
    graph.node('ReduceMax', [value, graph.int64s([1])], { keepdims: int(1) }, column)[0];
  // Each value is the only reader of the one before it after its maximum, so all three share one buffer.
  const largest = max(logits);
  const shifted = sub(logits, largest);
  const [probabilities] = graph.node('Softmax', [shifted], { axis: int(-1) }, [{ shape: logits.shape }]);
  // The largest probability is 1 / Σ exp(shifted) ≥ 1/V, so its logarithm is finite.
  const logSumExp = neg(log(max(probabilities)));
  // Computes the label's logit separately, so that no other node reads the logits.
  const labelRows = graph.node('Gather', [weight, labels], { axis: int(0) }, [{ shape: x.shape }])[0];
  const chosen = sub(scale(sum(mul(x, labelRows), [1], true), inverse), largest);
  const logProbs = sub(chosen, logSumExp);
  const entropy = wantsEntropy ? sub(logSumExp, sum(mul(probabilities, shifted), [1], true)) : null;
  return { shifted, probabilities, labelRows, logSumExp, logProbs, entropy };
}
