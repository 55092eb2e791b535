import type { Lowering } from '../lowering';

/** A change of the shape alone: the declared shape of the output says it all. */
const reshape: Lowering = ({ hlo, operands: [x], outputs: [{ shape }] }) => [hlo.reshape(x, shape)];

const slice: Lowering = (node) => {
  const { hlo, operands } = node;
  const [x] = operands;
  const [starts, ends, axes] = [node.integers(1), node.integers(2), node.integers(3)];
  const from = x.shape.map((_, axis) => (axes.includes(axis) ? starts[axes.indexOf(axis)] : 0));
  const to = x.shape.map((size, axis) => (axes.includes(axis) ? ends[axes.indexOf(axis)] : size));
  return [hlo.slice(x, from, to)];
};

const pad: Lowering = (node) => {
  const { hlo, operands } = node;
  const [x] = operands;
  const amounts = node.integers(1);
  const rank = x.shape.length;
  return [hlo.pad(x, amounts.slice(0, rank), amounts.slice(rank))];
};

export const SHAPES: Readonly<Record<string, Lowering>> = {
  Reshape: reshape,
  Squeeze: reshape,
  Expand: ({ hlo, operands: [x], outputs: [{ shape }] }) => [hlo.broadcastTo(x, shape)],
  Transpose: (node) => [node.hlo.transpose(node.operands[0], node.ints('perm'))],
  Concat: (node) => [node.hlo.concatenate(node.operands, node.int('axis', 0))],
  Slice: slice,
  Pad: pad,
};
