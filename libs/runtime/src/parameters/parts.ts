/** Memory in order, part by part. Each part is read, or filled, before the next is taken. */
export interface Parts extends Iterable<ArrayBufferView> {
  readonly byteLength: number;
}

/** The parts of several memories, one memory after the other. */
export function joinParts(memory: readonly (ArrayBufferView | Parts)[]): Parts {
  function* parts() {
    for (const one of memory)
      if (ArrayBuffer.isView(one)) yield one;
      else yield* one;
  }
  const byteLength = memory.reduce((total, one) => total + one.byteLength, 0);
  return { byteLength, [Symbol.iterator]: parts };
}
