export interface Peeked {
  /** The first bytes, at least as many as requested unless `ended`. */
  head: Buffer;
  /** Whether `head` is everything. */
  ended: boolean;
  /** The error that follows `head`; `all` throws it in that place. */
  failure: unknown;
  /** All bytes, those of the head included. Iterate or return it, so that the source is closed. */
  all: AsyncGenerator<Buffer>;
}

/** Reads the beginning of a stream of bytes without consuming it. */
export async function peek(chunks: AsyncIterable<Uint8Array>, bytes: number): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]();
  const parts: Buffer[] = [];
  let held = 0;
  let ended = false;
  let failure: unknown;
  while (held < bytes && !ended && failure === undefined) {
    try {
      const { value, done } = await iterator.next();
      if (done) ended = true;
      else {
        parts.push(asBuffer(value));
        held += value.length;
      }
    } catch (error) {
      // The bytes before the error can still be read.
      failure = error;
    }
  }
  const head = Buffer.concat(parts);
  return { head, ended, failure, all: everything(head, iterator, failure) };
}

async function* everything(
  head: Buffer,
  rest: AsyncIterator<Uint8Array>,
  failure: unknown,
): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0 || failure === undefined) yield head;
    if (failure !== undefined) throw failure;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield asBuffer(next.value);
  } finally {
    await rest.return?.();
  }
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
