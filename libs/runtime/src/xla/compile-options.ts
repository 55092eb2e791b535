/** Writes protobuf fields (https://protobuf.dev/programming-guides/encoding/). */
const varint = (value: number | bigint): number[] => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest ? low | 128 : low);
  } while (rest);
  return bytes;
};
const number = (field: number, value: number): number[] => [...varint(field << 3), ...varint(value)];
const message = (field: number, content: number[]): number[] => [
  ...varint((field << 3) | 2),
  ...varint(content.length),
  ...content,
];

const text = (field: number, value: string): number[] => message(field, [...Buffer.from(value)]);

/** An entry of the map of options by name: a boolean. */
const option = (name: string, value: boolean): number[] =>
  message(7, [...text(1, name), ...message(2, number(2, value ? 1 : 0))]);

/**
 * XLA's CompileOptionsProto (xla/pjrt/proto/compile_options.proto) for a program that runs on devices with these
 * numbers, each of which holds one partition of its sharded arrays.
 */
export function compileOptions(devices: readonly number[]): Uint8Array {
  const anyDevice = -1;
  const computations = devices.map((id) => message(3, message(1, varint(id))));
  const assignment = [...number(1, 1), ...number(2, devices.length), ...computations.flat()];
  const build = [
    ...number(1, anyDevice),
    ...number(4, 1),
    ...number(5, devices.length),
    // Sharded by the compiler (SPMD), from Shardy's annotations.
    ...(devices.length > 1 ? [...number(6, 1), ...number(19, 1)] : []),
    ...message(9, assignment),
  ];
  return Uint8Array.from([
    ...message(3, build),
    // Roundings to bfloat16 stay where the program has them. By default XLA leaves some out, and not the same in each program.
    ...option('xla_allow_excess_precision', false),
  ]);
}
