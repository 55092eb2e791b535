import { GraphError } from './error';

/** A fixed size, or the name of a symbolic size that is known only when the graph runs. */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** A shape for messages: `[2, T, 64]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** Number of elements; throws on a symbolic dimension. */
export function elementCount(shape: Shape): number {
  return shape.reduce<number>((product, dim) => {
    if (typeof dim === 'string') throw new Error(`shape ${formatShape(shape)} has no fixed size: "${dim}"`);
    return product * dim;
  }, 1);
}

/** An axis as a non-negative index. Negative axes count from the end. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  const index = axis < 0 ? axis + rank : axis;
  if (index < 0 || index >= rank)
    throw new GraphError(op, `axis ${axis} is outside a tensor of rank ${rank}`);
  return index;
}

/**
 * Shape of an elementwise result (NumPy's broadcasting rules, https://numpy.org/doc/stable/user/basics.broadcasting.html).
 * @throws GraphError naming `op` and both shapes when they do not broadcast
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const x = a[axis - rank + a.length] ?? 1;
    const y = b[axis - rank + b.length] ?? 1;
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    throw new GraphError(op, `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`);
  });
}
