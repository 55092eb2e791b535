import { differentiable } from '../autodiff/differentiable';
import { float, int } from '../graph/attribute';
import { requireDtype } from '../graph/check';
import { GraphError } from '../graph/error';
import { MICROSOFT } from '../graph/graph';
import { broadcastShapes, formatShape } from '../graph/shape';
import type { Value } from '../graph/value';
import { reduceTo } from './elementwise';

export interface MatmulOptions {
  /** Use a with its last two axes swapped. */
  transA?: boolean;
  transB?: boolean;
  /** Factor on the product. */
  alpha?: number;
}

/**
 * alpha · op(a) op(b) over the last two axes; leading axes broadcast. a: [..., M, K], b: [..., K, N] → [..., M, N].
 * One kernel computes the product with its transposes and factor (FusedMatMul of ONNX Runtime).
 */
export function matmul(a: Value, b: Value, options: MatmulOptions = {}): Value {
  const { transA = false, transB = false, alpha = 1 } = options;
  requireDtype('matmul', 'float32', a, b);
  if (a.rank < 2 || b.rank < 2) {
    throw new GraphError('matmul', `needs rank ≥ 2, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  }
  const [m, ka] = transA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
  const [kb, n] = transB ? [b.shape.at(-1)!, b.shape.at(-2)!] : [b.shape.at(-2)!, b.shape.at(-1)!];
  if (ka !== kb) {
    const marks = `${transA ? 'ᵀ' : ''} and ${formatShape(b.shape)}${transB ? 'ᵀ' : ''}`;
    throw new GraphError('matmul', `${formatShape(a.shape)}${marks} do not multiply: ${ka} ≠ ${kb}`);
  }
  const shape = [...broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n];
  const attributes = { transA: int(transA ? 1 : 0), transB: int(transB ? 1 : 0), alpha: float(alpha) };
  const [y] = a.graph.node('FusedMatMul', [a, b], attributes, [{ shape }], MICROSOFT);
  return differentiable('matmul', [a, b], [y], ([dy]) => [
    a.requiresGrad
      ? reduceTo(gradientOfA(dy!, a.graph.forBackward(b), transA, transB, alpha), a.shape)
      : undefined,
    b.requiresGrad
      ? reduceTo(gradientOfB(dy!, a.graph.forBackward(a), transA, transB, alpha), b.shape)
      : undefined,
  ]);
}

// y = A B: dA = dY Bᵀ and dB = Aᵀ dY, with the transposes of the operands folded into the product.
function gradientOfA(dy: Value, b: Value, transA: boolean, transB: boolean, alpha: number): Value {
  return transA
    ? matmul(b, dy, { transA: transB, transB: true, alpha })
    : matmul(dy, b, { transB: !transB, alpha });
}

function gradientOfB(dy: Value, a: Value, transA: boolean, transB: boolean, alpha: number): Value {
  return transB
    ? matmul(dy, a, { transA: true, transB: transA, alpha })
    : matmul(a, dy, { transA: !transA, alpha });
}
