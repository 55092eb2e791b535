import {
  automaticGradients,
  checkGradient,
  declareInputs,
  graphErrorOf,
  runGraph,
} from '@open-chatgpt/testing';
import { backward } from '../autodiff/backward';
import { Graph } from '../graph/graph';
import { embedding } from './embedding';
import { matmul } from './matmul';
import { scale } from './scale';
import { sum } from './sum';

const ids = { shape: [2, 3], dtype: 'int64', data: [3, 0, 3, 1, 3, 0] } as const;

describe('embedding', () => {
  it('returns rows of the table', () => {
    const { y } = runGraph((_, { table, at }) => ({ y: embedding(table, at) }), {
      table: { shape: [3, 2], data: [1, 2, 3, 4, 5, 6] },
      at: { shape: [2], dtype: 'int64', data: [2, 0] },
    });
    expect(y).toEqual([5, 6, 1, 2]);
  });

  it('has a sparse gradient, whose rows may repeat', () => {
    checkGradient({
      name: 'embedding',
      inputs: { table: { shape: [5, 2] }, ids },
      build: (_, values) => embedding(values.table, values.ids),
    });
  });

  it('adds to the dense gradient of a table that another op uses too', () => {
    checkGradient({
      name: 'tied embedding',
      inputs: { table: { shape: [5, 2] }, ids, x: { shape: [2, 2] } },
      build: (_, values) => [
        embedding(values.table, values.ids),
        matmul(values.x, values.table, { transB: true }),
        embedding(values.table, values.ids),
      ],
    });
  });

  it('has no gradient for unused rows', () => {
    const build = (_: Graph, values: Parameters<Parameters<typeof checkGradient>[0]['build']>[1]) =>
      embedding(values.table, values.ids);
    const { table } = automaticGradients({ inputs: { table: { shape: [5, 2] }, ids }, build });
    expect(table.slice(4, 6)).toEqual([0, 0]);
    expect(table.slice(8)).toEqual([0, 0]);
  });

  it('keeps the dtype of the table', () => {
    const { values } = declareInputs({ table: { shape: [5, 2], dtype: 'int8' }, ids });
    expect(embedding(values.table, values.ids)).toMatchObject({ dtype: 'int8', shape: [2, 3, 2] });
  });

  it('refuses to differentiate with respect to a computed table', () => {
    const graph = new Graph();
    const table = graph.input('table', 'float32', [4, 2], true);
    const loss = sum(embedding(scale(table, 2), graph.int64s([0, 1])));
    expect(graphErrorOf(() => backward([[loss, graph.scalar(1)]], [table]))).toBe(
      'mul: a sparse gradient can only reach a graph input',
    );
  });

  it.each([
    [{ shape: [4] }, ids, 'float32 [4] and int64 [2, 3]'],
    [{ shape: [4, 2] }, { shape: [2] }, 'float32 [4, 2] and float32 [2]'],
  ])('names mismatched operands: %j, %j', (table, at, got) => {
    const { values } = declareInputs({ table, at });
    expect(graphErrorOf(() => embedding(values.table, values.at))).toBe(
      `embedding: needs a table [V, D] and int64 ids, got ${got}`,
    );
  });
});
