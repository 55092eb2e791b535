import { ProtobufWriter } from './protobuf-writer';

const bytes = (writer: ProtobufWriter) => Array.from(writer.finish());

/** The examples of https://protobuf.dev/programming-guides/encoding/ and boundary values. */
describe('ProtobufWriter', () => {
  it.each([
    ['a small number', new ProtobufWriter().varint(1, 1), [0x08, 0x01]],
    ['150', new ProtobufWriter().varint(1, 150), [0x08, 0x96, 0x01]],
    ['−1 as 64 bits', new ProtobufWriter().varint(1, -1), [0x08, ...new Array(9).fill(0xff), 0x01]],
    ['2³³, beyond 32 bits', new ProtobufWriter().varint(1, 2 ** 33), [0x08, 0x80, 0x80, 0x80, 0x80, 0x20]],
    ['a field above 15', new ProtobufWriter().varint(20, 1), [0xa0, 0x01, 0x01]],
    ['a string', new ProtobufWriter().string(2, 'testing'), [0x12, 7, ...Buffer.from('testing')]],
    ['a string beyond ASCII', new ProtobufWriter().string(2, 'é'), [0x12, 2, 0xc3, 0xa9]],
    ['an empty string', new ProtobufWriter().string(1, ''), [0x0a, 0]],
    ['a float, little-endian', new ProtobufWriter().float(2, 1), [0x15, 0, 0, 0x80, 0x3f]],
    [
      'a message',
      new ProtobufWriter().message(3, new ProtobufWriter().varint(1, 150)),
      [0x1a, 3, 0x08, 0x96, 0x01],
    ],
  ])('writes %s', (_, writer, wanted) => {
    expect(bytes(writer)).toEqual(wanted);
  });

  it('writes lengths of more than 127 bytes', () => {
    expect(bytes(new ProtobufWriter().bytes(1, new Uint8Array(300))).slice(0, 3)).toEqual([0x0a, 0xac, 0x02]);
  });
});
