import type { Operand } from '../hlo-builder';
import type { Lowering } from '../lowering';

/** Rows of the first axis; every Gather of our graphs has axis 0. */
const gather: Lowering = (node) => {
  if (node.int('axis', 0) !== 0) throw new Error('Gather along another axis than 0 has no StableHLO here');
  return [node.hlo.gatherRows(node.operands[0], node.operands[1])];
};

/**
 * Rotates the halves of each head (com.microsoft.RotaryEmbedding): x [B, T, H·D], positions [1] or [B, T], tables [P, D/2].
 * y₁ = x₁ cos − x₂ sin, y₂ = x₂ cos + x₁ sin.
 */
const rotaryEmbedding: Lowering = (node) => {
  const { hlo, operands } = node;
  const [x, positions, cosTable, sinTable] = operands;
  const [batch, length, width] = x.shape;
  const heads = node.int('num_heads', 0);
  const half = width / heads / 2;
  const shape = [batch, length, heads, half];
  const factors = (table: Operand): Operand => {
    if (positions.shape.length === 1) {
      const rows = hlo.dynamicRows(table, hlo.reshape(positions, []), length);
      return hlo.broadcast(rows, shape, [1, 3]);
    }
    return hlo.broadcast(hlo.gatherRows(table, positions), shape, [0, 1, 3]);
  };
  const [cos, sin] = [factors(cosTable), factors(sinTable)];
  const split = hlo.reshape(x, [batch, length, heads, 2 * half]);
  const first = hlo.slice(split, [0, 0, 0, 0], [batch, length, heads, half]);
  const second = hlo.slice(split, [0, 0, 0, half], [batch, length, heads, 2 * half]);
  const product = (a: Operand, b: Operand) => hlo.elementwise('multiply', a, b);
  const rotated = hlo.concatenate(
    [
      hlo.elementwise('subtract', product(first, cos), product(second, sin)),
      hlo.elementwise('add', product(second, cos), product(first, sin)),
    ],
    3,
  );
  return [hlo.reshape(rotated, x.shape)];
};

/** The inputs are the table, the values and one list of indices for each axis. */
const writeAt: Lowering = (node) => {
  const { hlo } = node;
  const [table, values, ...indices] = node.operands;
  const columns = indices.map((list) => hlo.reshape(list, [...list.shape, 1]));
  const places = hlo.concatenate(columns, indices[0].shape.length);
  return [hlo.scatter(table, places, values, { axes: node.ints('axes'), combine: 'replace' })];
};

export const INDEXING: Readonly<Record<string, Lowering>> = {
  Gather: gather,
  RotaryEmbedding: rotaryEmbedding,
  WriteAt: writeAt,
  // XLA's partitioner aborts the process on rows that do not divide evenly over the devices.
  ScatterAddRows: ({ hlo, operands: [table, indices, rows] }) => [
    hlo.scatter(table, hlo.replicate(indices), hlo.replicate(rows), { axes: [0], combine: 'add' }),
  ],
};
