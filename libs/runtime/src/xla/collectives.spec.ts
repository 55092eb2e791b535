import { collectivesOf } from './collectives';

/** A protobuf field with bytes; its length has two bytes. */
const message = (field: number, ...parts: number[][]): number[] => {
  const content = parts.flat();
  return [(field << 3) | 2, (content.length & 127) | 128, content.length >> 7, ...content];
};
const number = (field: number, value: number) => [field << 3, value];
const text = (field: number, value: string) => message(field, [...Buffer.from(value)]);

const BFLOAT16 = 16;
const FLOAT32 = 11;
/** ShapeProto with packed dimensions. */
const shape = (type: number, ...dims: number[]) => [...number(2, type), ...message(3, dims)];
const instruction = (opcode: string, ofShape: number[]) =>
  message(2, text(1, `${opcode}.1`), text(2, opcode), message(3, ofShape));
const tuple = (...shapes: number[][]) => shapes.flatMap((one) => message(4, one));

const computation = message(
  3,
  text(1, 'main'),
  instruction('dot', shape(FLOAT32, 100)),
  instruction('all-gather', shape(FLOAT32, 4, 5)),
  instruction('all-gather-start', tuple(shape(BFLOAT16, 3), shape(BFLOAT16, 24))),
  instruction('all-gather-done', shape(BFLOAT16, 24)),
  instruction(
    'all-gather-start',
    tuple(tuple(shape(FLOAT32, 1), shape(FLOAT32, 2)), tuple(shape(FLOAT32, 8), shape(FLOAT32, 16))),
  ),
  instruction('all-reduce', tuple(shape(FLOAT32, 6), shape(BFLOAT16, 5))),
  instruction('all-reduce-start', tuple(shape(FLOAT32, 7), shape(FLOAT32, 1))),
  instruction(
    'collective-permute-start',
    tuple(shape(FLOAT32, 9), shape(FLOAT32, 9), shape(FLOAT32), shape(FLOAT32)),
  ),
);
const wrapped = message(3, text(1, 'async'), instruction('reduce-scatter', shape(FLOAT32, 2)));
const program = Uint8Array.from([...text(1, 'program'), ...computation, ...wrapped]);

const expected = {
  'all-gather': { count: 3, bytes: 4 * 20 + 2 * 24 + 4 * 24 },
  'all-reduce': { count: 2, bytes: 4 * 6 + 2 * 5 + 4 * 8 },
  'collective-permute': { count: 1, bytes: 4 * 9 },
  'reduce-scatter': { count: 1, bytes: 8 },
};

describe('collectivesOf', () => {
  it('counts the collectives of all computations, and the bytes of all their results', () => {
    expect(collectivesOf(program, 'hlo')).toEqual(expected);
  });

  it('opens a module with its configuration', () => {
    const outer = Uint8Array.from([...message(1, [...program]), ...text(2, 'config')]);
    expect(collectivesOf(outer, 'hlo_with_config')).toEqual(expected);
  });

  it('finds nothing in a program of one device', () => {
    expect(collectivesOf(Uint8Array.from(text(1, 'program')), 'hlo')).toEqual({});
  });
});
