import type { Operand } from '../hlo-builder';
import type { Lowering, NodeContext } from '../lowering';

/** An operation of two operands that are broadcast to each other. */
const binary =
  (op: string): Lowering =>
  ({ hlo, operands: [a, b], outputs: [{ shape }] }) => [
    hlo.elementwise(op, hlo.broadcastTo(a, shape), hlo.broadcastTo(b, shape)),
  ];

const unary =
  (op: string): Lowering =>
  ({ hlo, operands: [x] }) => [hlo.elementwise(op, x)];

const comparison =
  (direction: 'EQ' | 'GT' | 'GE'): Lowering =>
  ({ hlo, operands: [a, b], outputs: [{ shape }] }) => [
    hlo.compare(direction, hlo.broadcastTo(a, shape), hlo.broadcastTo(b, shape)),
  ];

const constantLike = ({ hlo }: NodeContext, x: Operand, value: number): Operand =>
  hlo.fill(x.dtype, x.shape, value);

/** x σ(alpha x). */
const quickGelu: Lowering = (node) => {
  const { hlo, operands } = node;
  const [x] = operands;
  const alpha = node.float('alpha', 1.702);
  const scaled = alpha === 1 ? x : hlo.elementwise('multiply', x, constantLike(node, x, alpha));
  return [hlo.elementwise('multiply', x, hlo.elementwise('logistic', scaled))];
};

/** ½ x (1 + erf(x / √2)). */
const gelu: Lowering = (node) => {
  const { hlo, operands } = node;
  const [x] = operands;
  const erf = hlo.elementwise(
    'chlo.erf',
    hlo.elementwise('multiply', x, constantLike(node, x, Math.SQRT1_2)),
  );
  const half = hlo.elementwise('multiply', x, constantLike(node, x, 0.5));
  return [hlo.elementwise('multiply', half, hlo.elementwise('add', erf, constantLike(node, x, 1)))];
};

/** log(1 + eˣ) = max(x, 0) + log1p(e^−|x|): finite for every finite x. */
const softplus: Lowering = (node) => {
  const { hlo, operands } = node;
  const [x] = operands;
  const small = hlo.elementwise(
    'log_plus_one',
    hlo.elementwise('exponential', hlo.elementwise('negate', hlo.elementwise('abs', x))),
  );
  return [hlo.elementwise('add', hlo.elementwise('maximum', x, constantLike(node, x, 0)), small)];
};

export const ELEMENTWISE: Readonly<Record<string, Lowering>> = {
  Add: binary('add'),
  Sub: binary('subtract'),
  Mul: binary('multiply'),
  Div: binary('divide'),
  Max: binary('maximum'),
  Min: binary('minimum'),
  And: binary('and'),
  Greater: comparison('GT'),
  GreaterOrEqual: comparison('GE'),
  Equal: comparison('EQ'),
  Neg: unary('negate'),
  Exp: unary('exponential'),
  Log: unary('log'),
  Sqrt: unary('sqrt'),
  Tanh: unary('tanh'),
  Sigmoid: unary('logistic'),
  Erf: unary('chlo.erf'),
  Identity: ({ operands }) => [...operands],
  Relu: (node) => [
    node.hlo.elementwise('maximum', node.operands[0], constantLike(node, node.operands[0], 0)),
  ],
  Where: ({ hlo, operands: [condition, a, b], outputs: [{ shape }] }) => [
    hlo.select(hlo.broadcastTo(condition, shape), hlo.broadcastTo(a, shape), hlo.broadcastTo(b, shape)),
  ],
  Cast: ({ hlo, operands: [x], outputs: [{ dtype }] }) => [hlo.convert(x, dtype)],
  QuickGelu: quickGelu,
  Gelu: gelu,
  Softplus: softplus,
};
