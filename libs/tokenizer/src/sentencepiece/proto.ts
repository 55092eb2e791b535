/** A field of a Protocol Buffers message: its number, and its value as bytes or as a number. */
export interface ProtoField {
  number: number;
  /** Of a field with a length: a string, bytes or a message. */
  bytes: Buffer | null;
  /** Of a number; for fixed 32 bits the float. */
  value: number;
}

const MAX_VARINT_BYTES = 10;

/**
 * The fields of one message in their order (https://protobuf.dev/programming-guides/encoding). Reads no nested messages: their bytes
 * are fields, which this function takes again.
 *
 * @throws Error when the bytes are no message
 */
export function* protoFields(message: Buffer): Generator<ProtoField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = message[at++];
      if (byte === undefined) throw new Error('ends within a number');
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return value;
    }
    throw new Error('has a number of more than 64 bits');
  };
  const take = (length: number): Buffer => {
    if (length > message.length - at) throw new Error('ends within a field');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, bytes: null, value: varint() };
        break;
      case 1:
        yield { number, bytes: null, value: take(8).readDoubleLE() };
        break;
      case 2:
        yield { number, bytes: take(varint()), value: 0 };
        break;
      case 5:
        yield { number, bytes: null, value: take(4).readFloatLE() };
        break;
      default:
        throw new Error(`has a field of the unknown type ${tag % 8}`);
    }
  }
}
