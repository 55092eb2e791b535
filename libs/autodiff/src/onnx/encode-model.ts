import type { Attribute } from '../graph/attribute';
import { ONNX_DTYPE } from '../graph/dtype';
import { GraphError } from '../graph/error';
import { type Constant, type Graph, MICROSOFT, type Node } from '../graph/graph';
import { liveNodes } from '../graph/live-nodes';
import type { Value } from '../graph/value';
import { ProtobufWriter } from './protobuf-writer';

const IR_VERSION = 10;
const OPSET = 21;

/**
 * The graph as an ONNX ModelProto (field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 * Inputs that no output needs are omitted; `liveInputs` of the result lists the remaining ones.
 * @throws GraphError for products in bfloat16
 */
export function encodeModel(graph: Graph): { bytes: Uint8Array; liveInputs: string[] } {
  if (graph.matmulType !== 'float32')
    throw new GraphError(
      'onnx',
      `products in ${graph.matmulType} (bf16) need a device of XLA: set OPEN_CHATGPT_DEVICE`,
    );
  const { nodes, inputs, constants } = liveNodes(graph);
  const names = new Map<Value, string>();
  // An output has its declared name. A value that is an input, a constant or a second output therefore needs a copy.
  const copies: [Value, string][] = [];
  const produced = new Set(nodes.flatMap((node) => node.outputs));
  for (const [name, value] of graph.outputs) {
    if (produced.has(value) && !names.has(value)) names.set(value, name);
    else copies.push([value, name]);
  }
  const nameOf = (value: Value | null): string => (value === null ? '' : (names.get(value) ?? value.name));

  const message = new ProtobufWriter();
  // Nodes are written in reverse. ONNX Runtime orders nodes by a depth-first search from the outputs that prefers high
  // indices, so it then executes them in the order in which they were built. In file order it would compute every weight
  // gradient at the end and keep all activations and their gradients until then.
  for (const node of nodes.toReversed()) message.message(1, encodeNode(node, nameOf));
  for (const [value, name] of copies) message.message(1, encodeCopy(nameOf(value), name));
  message.string(2, 'graph');
  for (const constant of constants) message.message(5, encodeConstant(constant));
  for (const input of inputs) message.message(11, encodeType(input.name, input));
  for (const [name, value] of graph.outputs) message.message(12, encodeType(name, value));

  const bytes = new ProtobufWriter()
    .varint(1, IR_VERSION)
    .message(7, message)
    .message(8, new ProtobufWriter().string(1, '').varint(2, OPSET))
    .message(8, new ProtobufWriter().string(1, MICROSOFT).varint(2, 1))
    .finish();
  return { bytes, liveInputs: inputs.map((input) => input.name) };
}

function encodeNode(node: Node, nameOf: (value: Value | null) => string): ProtobufWriter {
  const message = new ProtobufWriter();
  for (const input of node.inputs) message.string(1, nameOf(input));
  for (const output of node.outputs) message.string(2, nameOf(output));
  message.string(3, node.outputs[0].name).string(4, node.opType);
  for (const [name, attribute] of Object.entries(node.attributes))
    message.message(5, encodeAttribute(name, attribute));
  return node.domain ? message.string(7, node.domain) : message;
}

function encodeCopy(source: string, target: string): ProtobufWriter {
  return new ProtobufWriter()
    .string(1, source)
    .string(2, target)
    .string(3, `copy_${target}`)
    .string(4, 'Identity');
}

function encodeAttribute(name: string, attribute: Attribute): ProtobufWriter {
  const message = new ProtobufWriter().string(1, name);
  switch (attribute.kind) {
    case 'float':
      return message.float(2, attribute.value).varint(20, 1);
    case 'int':
      return message.varint(3, attribute.value).varint(20, 2);
    case 'string':
      return message.string(4, attribute.value).varint(20, 3);
    case 'ints':
      for (const value of attribute.value) message.varint(8, value);
      return message.varint(20, 7);
  }
}

function encodeConstant({ value, data }: Constant): ProtobufWriter {
  const message = new ProtobufWriter();
  for (const dim of value.shape) message.varint(1, Number(dim));
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message.varint(2, ONNX_DTYPE[value.dtype]).string(8, value.name).bytes(9, bytes);
}

function encodeType(name: string, value: Value): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const dim of value.shape) {
    shape.message(
      1,
      typeof dim === 'string' ? new ProtobufWriter().string(2, dim) : new ProtobufWriter().varint(1, dim),
    );
  }
  const tensor = new ProtobufWriter().varint(1, ONNX_DTYPE[value.dtype]).message(2, shape);
  return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensor));
}
