import { GraphError } from '../graph/error';
import type { Constant, Graph, Node } from '../graph/graph';
import { liveNodes } from '../graph/live-nodes';
import { elementCount, formatShape } from '../graph/shape';
import type { Value } from '../graph/value';
import { HloBuilder, type Operand, typeOf } from './hlo-builder';
import { type FixedType, lower, NodeContext } from './lowering';
import { type ArraySharding, type MeshShape, meshText, shardingText } from './sharding';

export interface ModuleOptions {
  /** Sizes of symbolic dimensions by name. */
  sizes?: ReadonlyMap<string, number>;
  /** Inputs whose memory an output may overwrite: name of the input → name of the output. Both have one type. */
  aliases?: ReadonlyMap<string, string>;
  /** Devices of the program. The compiler divides the work along the shardings and inserts the collectives. */
  mesh?: MeshShape;
  /** Shardings of inputs and outputs by name; the others are whole on each device. */
  shardings?: ReadonlyMap<string, ArraySharding>;
}

/** A StableHLO module, and the arguments and results of its function `main` in order. */
export interface Module {
  text: string;
  inputs: string[];
  outputs: string[];
}

/**
 * The graph as a StableHLO module (https://openxla.org/stablehlo/spec). All sizes are fixed. As in `encodeModel`, inputs
 * that no output needs are omitted.
 * @throws GraphError naming an operator without a lowering, or a symbolic size that `sizes` lacks
 */
export function encodeModule(graph: Graph, options: ModuleOptions = {}): Module {
  const { nodes, inputs, constants } = liveNodes(graph);
  const encoder = new Encoder(constants, options.sizes, graph.matmulType, options.mesh);
  const parameters = inputs.map((input, index) => encoder.parameter(input, index));
  for (const node of nodes) encoder.node(node);
  const outputs = [...graph.outputs.keys()];
  const results = [...graph.outputs.values()].map((value) => encoder.operand(value));

  const position = new Map(outputs.map((name, index) => [name, index]));
  const { mesh, aliases } = options;
  const sharded = (name: string, { shape }: Operand) =>
    mesh ? [shardingText(options.shardings?.get(name) ?? shape.map(() => []))] : [];
  const withAttributes = (text: string, attributes: string[]) =>
    attributes.length ? `${text} {${attributes.join(', ')}}` : text;
  const declared = parameters.map((parameter, index) => {
    const { name } = inputs[index];
    const output = aliases?.get(name);
    const alias = output === undefined ? [] : [`tf.aliasing_output = ${position.get(output)} : i32`];
    return withAttributes(`${parameter.id}: ${typeOf(parameter)}`, [...alias, ...sharded(name, parameter)]);
  });
  const returned = results.map((result, index) =>
    withAttributes(typeOf(result), sharded(outputs[index], result)),
  );
  const types = results.map(typeOf).join(', ');
  const devices = Object.values(mesh ?? {}).reduce((product, size) => product * size, 1);
  const text = [
    mesh ? `module @graph attributes {mhlo.num_partitions = ${devices} : i32} {` : 'module @graph {',
    ...(mesh ? [meshText(mesh)] : []),
    `func.func public @main(${declared.join(', ')}) -> (${returned.join(', ')}) {`,
    ...encoder.hlo.lines,
    `return ${results.map(({ id }) => id).join(', ')} : ${types}`,
    '}',
    '}',
  ].join('\n');
  return { text, inputs: inputs.map(({ name }) => name), outputs };
}

class Encoder {
  readonly hlo: HloBuilder;
  private readonly operands = new Map<Value, Operand>();
  private readonly behindBarrier = new Map<Value, Operand>();
  /** Values that nodes of the forward pass compute. */
  private readonly forward = new Set<Value>();
  private readonly constants: ReadonlyMap<Value, Constant>;
  private readonly sizes: Map<string, number>;

  constructor(
    constants: readonly Constant[],
    sizes: ModuleOptions['sizes'],
    private readonly matmulType: Graph['matmulType'],
    mesh: ModuleOptions['mesh'],
  ) {
    this.hlo = new HloBuilder(mesh);
    this.constants = new Map(constants.map((constant) => [constant.value, constant]));
    this.sizes = new Map(sizes);
  }

  parameter(input: Value, index: number): Operand {
    const operand = { id: `%arg${index}`, ...this.fixed(input) };
    this.operands.set(input, operand);
    return operand;
  }

  node(node: Node): void {
    const inputs = node.inputs.filter((input) => input !== null);
    const operands = inputs.map((input) => (node.backward ? this.kept(input) : this.operand(input)));
    if (node.opType === 'Reshape') this.inferSize(node.outputs[0], operands[0]);
    const outputs = node.outputs.map((output) => this.fixed(output));
    const values = lower(
      node.opType,
      new NodeContext(this.hlo, node, operands, outputs, this.matmulType, this.constants),
    );
    node.outputs.forEach((output, index) => {
      this.operands.set(output, values[index]);
      if (!node.backward) this.forward.add(output);
    });
  }

  operand(value: Value): Operand {
    const known = this.operands.get(value);
    if (known) return known;
    const constant = this.constants.get(value);
    if (!constant) throw new GraphError('stablehlo', `"${value.name}" is used before it is computed`);
    const operand = this.hlo.constant(value.dtype, value.shape.map(Number), constant.data);
    this.operands.set(value, operand);
    return operand;
  }

  /**
   * A value as the backward pass reads it. Behind a barrier, what the backward pass recomputes from it is not merged with
   * the same computation of the forward pass, which would keep more activations in memory.
   */
  private kept(value: Value): Operand {
    if (!this.forward.has(value)) return this.operand(value);
    const known = this.behindBarrier.get(value) ?? this.hlo.barrier(this.operand(value));
    this.behindBarrier.set(value, known);
    return known;
  }

  private fixed({ name, dtype, shape }: Value): FixedType {
    const sizes = shape.map((dim) => {
      const size = typeof dim === 'number' ? dim : this.sizes.get(dim);
      if (size === undefined)
        throw new GraphError('stablehlo', `"${name}" ${formatShape(shape)} needs the size of ${dim}`);
      return size;
    });
    return { dtype, shape: sizes };
  }

  /** A reshape may name one new symbolic size: that of the remaining elements. */
  private inferSize({ shape }: Value, x: Operand): void {
    const unknown = shape.find((dim) => typeof dim === 'string' && !this.sizes.has(dim));
    if (unknown === undefined) return;
    const known = shape.filter((dim) => dim !== unknown);
    const sizes = known.map((dim) => (typeof dim === 'number' ? dim : this.sizes.get(dim)!));
    this.sizes.set(String(unknown), elementCount(x.shape) / elementCount(sizes));
  }
}
