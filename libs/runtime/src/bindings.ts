import { type DType, formatShape, type Shape } from '@open-chatgpt/autodiff';
import type { Tensor } from './tensor';

interface Slot {
  dtype: DType;
  shape: Shape;
}

/** The inputs or outputs of a compiled graph by name. */
export type Slots = ReadonlyMap<string, Slot>;

/** Slots that do not refer to their values, which would keep the graph and its constants in memory. */
export function slotsOf(values: Iterable<readonly [string, Slot]>): Slots {
  return new Map(Array.from(values, ([name, { dtype, shape }]) => [name, { dtype, shape }]));
}

/** Tensors by name. */
export type Bindings = Readonly<Record<string, Tensor>>;

/**
 * Checks that tensors fill all inputs and outputs of a graph.
 * @returns the sizes of its symbolic dimensions
 * @throws Error naming the input or output that is missing, unknown, or of the wrong dtype or shape
 */
export function bindingSizes(
  graph: { inputs: Slots; outputs: Slots },
  inputs: Bindings,
  outputs: Bindings,
): Map<string, number> {
  const sizes = new Map<string, number>();
  checkSlots('input', graph.inputs, inputs, sizes);
  checkSlots('output', graph.outputs, outputs, sizes);
  return sizes;
}

/** @param sizes the sizes of symbolic dimensions so far; each must be equal in all tensors */
function checkSlots(
  kind: string,
  slots: Slots,
  tensors: Readonly<Record<string, Tensor>>,
  sizes: Map<string, number>,
): void {
  for (const [name, slot] of slots) {
    const tensor = tensors[name];
    const needed = `${slot.dtype} ${formatShape(slot.shape)}`;
    if (!tensor) throw new Error(`${kind} "${name}" is not bound; it needs ${needed}`);
    const fits = slot.shape.every((dim, axis) => {
      const size = tensor.shape[axis];
      if (typeof dim === 'number') return dim === size;
      if (!sizes.has(dim) && size !== undefined) sizes.set(dim, size);
      return sizes.get(dim) === size;
    });
    if (tensor.dtype !== slot.dtype || tensor.shape.length !== slot.shape.length || !fits) {
      const known = slot.shape.filter((dim) => typeof dim === 'string' && sizes.has(dim));
      const where = known.length
        ? ` with ${known.map((dim) => `${dim} = ${sizes.get(String(dim))}`).join(', ')}`
        : '';
      const got = `${tensor.dtype} ${formatShape(tensor.shape)}`;
      throw new Error(`${kind} "${name}" needs ${needed}${where}, got ${got}`);
    }
  }
  for (const name of Object.keys(tensors)) {
    if (slots.has(name)) continue;
    const names = [...slots.keys()].join(', ') || 'none';
    throw new Error(`the graph has no ${kind} "${name}"; it has ${names}`);
  }
}
