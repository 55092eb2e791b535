import { type HloBuilder, type Operand, sameSizes } from '../hlo-builder';
import type { Lowering } from '../lowering';

/** Leading axes as one list for both operands. They are broadcast when they differ. */
function alignBatches(hlo: HloBuilder, a: Operand, b: Operand, batch: readonly number[]): [Operand, Operand] {
  const align = (x: Operand) => hlo.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
  return [align(a), align(b)];
}

/** alpha · op(a) op(b) over the last two axes (ONNX Runtime's FusedMatMul). */
const matmul: Lowering = (node) => {
  const { hlo, operands, outputs, matmulType } = node;
  const transA = node.int('transA', 0) === 1;
  const transB = node.int('transB', 0) === 1;
  const [a, b] = operands.map((operand) => hlo.convert(operand, matmulType));
  const product = multiply(hlo, a, b, transA, transB);
  const alpha = node.float('alpha', 1);
  const scaled =
    alpha === 1 ? product : hlo.elementwise('multiply', product, hlo.fill('float32', product.shape, alpha));
  return [hlo.reshape(scaled, outputs[0].shape)];
};

function multiply(hlo: HloBuilder, a: Operand, b: Operand, transA: boolean, transB: boolean): Operand {
  const [rankA, rankB] = [a.shape.length, b.shape.length];
  const contractedB = transB ? rankB - 1 : rankB - 2;
  // A matrix on the right multiplies all rows at once.
  if (rankB === 2 && !transA)
    return hlo.dot(a, b, { batching: [[], []], contracting: [rankA - 1, contractedB] });
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = batchA.length >= batchB.length ? batchA : batchB;
  const common = batch.map((size, axis) =>
    Math.max(
      batchA[axis - batch.length + batchA.length] ?? 1,
      batchB[axis - batch.length + batchB.length] ?? 1,
      size,
    ),
  );
  const [left, right] =
    sameSizes(batchA, common) && sameSizes(batchB, common) ? [a, b] : alignBatches(hlo, a, b, common);
  const axes = common.map((_, axis) => axis);
  const rank = common.length + 2;
  return hlo.dot(left, right, {
    batching: [axes, axes],
    contracting: [transA ? rank - 2 : rank - 1, transB ? rank - 1 : rank - 2],
  });
}

export const PRODUCTS: Readonly<Record<string, Lowering>> = { FusedMatMul: matmul };
