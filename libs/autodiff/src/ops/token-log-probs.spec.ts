import {
  automaticGradients,
  checkGradient,
  declareInputs,
  expectClose,
  graphErrorOf,
  type InputSpec,
  runGraph,
  testValues,
} from '@open-chatgpt/testing';
import { backward } from '../autodiff/backward';
import type { Graph } from '../graph/graph';
import type { Value } from '../graph/value';
import { sum } from './sum';
import { type TokenLogProbsOptions, tokenLogProbs } from './token-log-probs';

const [ROWS, WIDTH, VOCABULARY] = [6, 3, 7];
const LABELS = [6, 0, 3, 3, 0, 2];
const inputs = {
  x: { shape: [ROWS, WIDTH], data: testValues(ROWS * WIDTH, 1) },
  weight: { shape: [VOCABULARY, WIDTH], data: testValues(VOCABULARY * WIDTH, 2).map((value) => 3 * value) },
  labels: { shape: [ROWS], dtype: 'int64', data: LABELS } as const,
};

type Options = TokenLogProbsOptions & { rowParts?: number };
type Operands = { x: Value; weight: Value; labels: Value };

const outputs =
  ({ rowParts = 1, ...options }: Options) =>
  (graph: Graph, { x, weight, labels }: Operands): { logProbs: Value; entropy: Value } => {
    graph.rowParts = rowParts;
    const { logProbs, entropy } = tokenLogProbs(x, weight, labels, { ...options, entropy: true });
    return { logProbs, entropy: entropy! };
  };

/** Both results row by row in float64, with an explicit softmax. */
function naive(x: ArrayLike<number>, temperature: number): { logProbs: number[]; entropy: number[] } {
  const rows = LABELS.map((label, row) => {
    const weights = Array.from({ length: VOCABULARY }, (_, token) => {
      let logit = 0;
      for (let i = 0; i < WIDTH; i++) logit += x[row * WIDTH + i] * inputs.weight.data[token * WIDTH + i];
      return Math.exp(logit / temperature);
    });
    const total = weights.reduce((a, b) => a + b, 0);
    const p = weights.map((weight) => weight / total);
    return {
      logProb: Math.log(p[label]),
      entropy: -p.reduce((sum, value) => sum + value * Math.log(value), 0),
    };
  });
  return { logProbs: rows.map(({ logProb }) => logProb), entropy: rows.map(({ entropy }) => entropy) };
}

describe.each<[string, Options]>([
  ['in one piece', {}],
  ['at temperature 0.7', { temperature: 0.7 }],
  ['at temperature 2, in chunks of 4 rows', { temperature: 2, chunkRows: 4 }],
  ['in chunks of 2 rows of each of 2 parts', { chunkRows: 2, rowParts: 2 }],
  ['row by row', { chunkRows: 1 }],
  ['in chunks larger than the rows', { chunkRows: 100 }],
])('tokenLogProbs %s', (_, options) => {
  it('is the log-probability of the label and the entropy of each row', () => {
    const result = runGraph(outputs(options), inputs);
    const wanted = naive(inputs.x.data, options.temperature ?? 1);
    expectClose(result.logProbs, wanted.logProbs, { rtol: 1e-6, name: 'logProbs' });
    expectClose(result.entropy, wanted.entropy, { rtol: 1e-6, name: 'entropy' });
  });

  it.each([
    ['the log-probabilities', (built: ReturnType<ReturnType<typeof outputs>>) => [built.logProbs]],
    ['the entropy', (built: ReturnType<ReturnType<typeof outputs>>) => [built.entropy]],
    ['both', (built: ReturnType<ReturnType<typeof outputs>>) => [built.logProbs, built.entropy]],
  ])('has the gradient of %s', (name, pick) => {
    checkGradient({ name, inputs, build: (graph, values) => pick(outputs(options)(graph, values)) });
  });

  it.each([
    ['x', true, false],
    ['the weight', false, true],
  ])('has the gradient of %s alone', (name, x, weight) => {
    checkGradient({
      name,
      inputs: {
        ...inputs,
        x: { ...inputs.x, requiresGrad: x },
        weight: { ...inputs.weight, requiresGrad: weight },
      },
      build: (graph, values) => Object.values(outputs(options)(graph, values)),
    });
  });
});

describe('tokenLogProbs', () => {
  it('returns an entropy only on request', () => {
    const { x, weight, labels } = declareInputs(inputs).values;
    expect(tokenLogProbs(x, weight, labels).entropy).toBeNull();
  });

  it('stays finite where a probability underflows', () => {
    const far = { ...inputs, x: { ...inputs.x, data: inputs.x.data.map((value) => 200 * value) } };
    const { logProbs, entropy } = runGraph(outputs({}), far);
    expect([...logProbs, ...entropy].every(Number.isFinite)).toBe(true);
    expect(Math.min(...logProbs)).toBeLessThan(-200);
    const gradients = automaticGradients({
      inputs: far,
      build: (graph, values) => Object.values(outputs({})(graph, values)),
    });
    expect(Object.values(gradients).flat().every(Number.isFinite)).toBe(true);
  });

  it('never allocates the gradient of the logits for the log-probabilities alone', () => {
    const { graph, values } = declareInputs(inputs);
    const { logProbs } = tokenLogProbs(values.x, values.weight, values.labels);
    backward([[sum(logProbs), graph.scalar(1)]], [values.x, values.weight]);
    const wide = graph.nodes.filter(({ outputs: [y] }) => y.shape.join() === `${ROWS},${VOCABULARY}`);
    expect(wide.map(({ opType }) => opType)).toEqual(['FusedMatMul', 'Sub', 'Softmax']);
  });

  it('takes the rows of a chunk from each part, so that none moves between devices', () => {
    const { graph, values } = declareInputs(inputs);
    graph.rowParts = 3;
    tokenLogProbs(values.x, values.weight, values.labels, { chunkRows: 1 });
    const products = graph.nodes.filter(({ opType }) => opType === 'FusedMatMul');
    expect(products.map(({ outputs: [logits] }) => logits.shape)).toEqual([
      [3, VOCABULARY],
      [3, VOCABULARY],
    ]);
  });

  it.each<[string, Record<string, InputSpec>, TokenLogProbsOptions, string]>([
    [
      'widths that differ',
      { weight: { shape: [7, 4] } },
      {},
      'needs x [N, D], weight [V, D] and labels [N], got float32 [6, 3] and float32 [7, 4] and int64 [6]',
    ],
    [
      'a label too few',
      { labels: { shape: [4], dtype: 'int64' } },
      {},
      'needs x [N, D], weight [V, D] and labels [N], got float32 [6, 3] and float32 [7, 3] and int64 [4]',
    ],
    [
      'labels in columns',
      { labels: { shape: [6, 1], dtype: 'int64' } },
      {},
      'needs x [N, D], weight [V, D] and labels [N], got float32 [6, 3] and float32 [7, 3] and int64 [6, 1]',
    ],
    ['labels of float', { labels: { shape: [6] } }, {}, 'needs int64, got float32 [6]'],
    ['temperature 0', {}, { temperature: 0 }, 'temperature 0 is not above 0'],
    ['no temperature', {}, { temperature: Number.NaN }, 'temperature NaN is not above 0'],
    ['chunks of no rows', {}, { chunkRows: 0 }, 'chunkRows 0 is below 1'],
  ])('refuses %s', (_, changed, options, message) => {
    const { values } = declareInputs({ ...inputs, ...changed });
    const error = graphErrorOf(() => tokenLogProbs(values.x, values.weight, values.labels, options));
    expect(error).toBe(`tokenLogProbs: ${message}`);
  });
});
