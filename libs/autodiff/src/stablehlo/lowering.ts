import { GraphError } from '../graph/error';
import type { Constant, Node } from '../graph/graph';
import type { Value } from '../graph/value';
import type { HloBuilder, HloType, Operand } from './hlo-builder';
import { CUDNN } from './lowerings/cudnn-attention';
import { ELEMENTWISE } from './lowerings/elementwise';
import { INDEXING } from './lowerings/indexing';
import { PRODUCTS } from './lowerings/products';
import { REDUCTIONS } from './lowerings/reductions';
import { SHAPES } from './lowerings/shapes';

/** The type of a value once all sizes are known. */
export type FixedType = Pick<Operand, 'shape'> & Pick<Value, 'dtype'>;

/** Writes one node of the graph as StableHLO operations. Returns the values of its outputs. */
export type Lowering = (node: NodeContext) => Operand[];

const LOWERINGS: Readonly<Record<string, Lowering>> = {
  ...ELEMENTWISE,
  ...SHAPES,
  ...REDUCTIONS,
  ...PRODUCTS,
  ...INDEXING,
  ...CUDNN,
};

/** One node, as its lowering sees it. */
export class NodeContext {
  constructor(
    readonly hlo: HloBuilder,
    private readonly node: Node,
    readonly operands: readonly Operand[],
    readonly outputs: readonly FixedType[],
    /** The type in which products of matrices are computed. Sums are float32. */
    readonly matmulType: HloType,
    private readonly constants: ReadonlyMap<Value, Constant>,
  ) {}

  /** An integer attribute. */
  int(name: string, ifAbsent: number): number {
    const attribute = this.node.attributes[name];
    return attribute?.kind === 'int' ? attribute.value : ifAbsent;
  }

  float(name: string, ifAbsent: number): number {
    const attribute = this.node.attributes[name];
    return attribute?.kind === 'float' ? attribute.value : ifAbsent;
  }

  ints(name: string): readonly number[] {
    const attribute = this.node.attributes[name];
    if (attribute?.kind !== 'ints') throw new GraphError(this.node.opType, `has no integers "${name}"`);
    return attribute.value;
  }

  /** An operand that must be known while the program is written: sizes and axes. */
  integers(index: number): number[] {
    const value = this.node.inputs[index];
    const constant = value && this.constants.get(value);
    if (!constant) throw new GraphError(this.node.opType, `operand ${index} must be a constant`);
    return Array.from(constant.data as ArrayLike<number | bigint>, Number);
  }
}

/** @throws GraphError naming an operator that has no lowering */
export function lower(opType: string, node: NodeContext): Operand[] {
  const lowering = LOWERINGS[opType];
  if (!lowering)
    throw new GraphError(opType, 'cannot be written as StableHLO: it has no entry in stablehlo/lowerings');
  return lowering(node);
}
