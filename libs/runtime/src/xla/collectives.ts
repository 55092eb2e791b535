/** Collectives of a compiled program: how often each is executed in one run, and the bytes that it gives to a device. */
export type Collectives = Readonly<Record<string, { count: number; bytes: number }>>;

const KINDS = /^(all-gather|all-reduce|reduce-scatter|all-to-all|collective-permute)(-start)?$/;

/** Bytes of an element by XLA's PrimitiveType (xla/xla_data.proto). */
const ELEMENT_BYTES: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 2, 8: 4, 9: 8 },
  ...{ 10: 2, 11: 4, 12: 8, 16: 2 },
};

/**
 * Finds the collectives in a serialized HloModuleProto (xla/service/hlo.proto): computations = 3, their instructions = 2; of an
 * instruction opcode = 2 and shape = 3.
 * @param format as PJRT names it: `hlo`, or `hlo_with_config`, whose field 1 is the module
 */
export function collectivesOf(program: Uint8Array, format: string): Collectives {
  const module = format === 'hlo_with_config' ? messages(program, 1)[0] : program;
  const found: Record<string, { count: number; bytes: number }> = {};
  for (const computation of messages(module, 3))
    for (const instruction of messages(computation, 2)) {
      const [opcode] = messages(instruction, 2);
      const name = Buffer.from(opcode ?? []).toString();
      const kind = KINDS.exec(name)?.[1];
      if (!kind) continue;
      const [whole] = messages(instruction, 3);
      // These have their operands, their results, and perhaps a context.
      const shape = /^(all-gather|collective-permute)-start$/.test(name) ? messages(whole, 4)[1] : whole;
      const known = found[kind] ?? { count: 0, bytes: 0 };
      found[kind] = { count: known.count + 1, bytes: known.bytes + shapeBytes(shape) };
    }
  return found;
}

/** ShapeProto: element_type = 2, dimensions = 3, tuple_shapes = 4. XLA combines collectives to one whose result is a tuple. */
function shapeBytes(shape: Uint8Array): number {
  const parts = messages(shape, 4);
  if (parts.length > 0) return parts.reduce((total, part) => total + shapeBytes(part), 0);
  let [elements, size] = [1, 0];
  for (const { field, value, bytes } of fields(shape)) {
    if (field === 2 && value !== undefined) size = ELEMENT_BYTES[value] ?? 0;
    if (field === 3) for (const dim of bytes ? packed(bytes) : [value!]) elements *= dim;
  }
  return elements * size;
}

interface Field {
  field: number;
  value?: number;
  bytes?: Uint8Array;
}

const messages = (content: Uint8Array, field: number): Uint8Array[] =>
  fields(content).flatMap((found) => (found.field === field && found.bytes ? [found.bytes] : []));

/** The fields of a protobuf message (https://protobuf.dev/programming-guides/encoding/). */
function fields(content: Uint8Array): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = content[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  };
  while (at < content.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    const kind = key % 8;
    if (kind === 0) found.push({ field, value: varint() });
    else if (kind === 2) {
      const length = varint();
      found.push({ field, bytes: content.subarray(at, at + length) });
      at += length;
    } else at += kind === 1 ? 8 : 4;
  }
  return found;
}

function packed(bytes: Uint8Array): number[] {
  const values: number[] = [];
  let [value, factor] = [0, 1];
  for (const byte of bytes) {
    value += (byte & 127) * factor;
    factor *= 128;
    if (byte >= 128) continue;
    values.push(value);
    [value, factor] = [0, 1];
  }
  return values;
}
