import type { PreparedExample } from '../records/prepare-example';

/** Copies all bytes of the examples into one buffer, which can be transferred to another thread. @returns the examples and the buffer */
export function intoOneBuffer(examples: PreparedExample[]): [PreparedExample[], [ArrayBuffer]] {
  let size = 0;
  for (const one of examples) for (const part of partsOf(one)) size += part.length;
  const all = new Uint8Array(size);
  let end = 0;
  const moved = <Part extends Uint8Array | null>(part: Part): Part => {
    if (part === null) return part;
    all.set(part, end);
    end += part.length;
    return all.subarray(end - part.length, end) as Part;
  };
  const same = examples.map((one) =>
    'dropped' in one
      ? one
      : {
          ...one,
          line: moved(one.line),
          signature: { exact: moved(one.signature.exact), near: moved(one.signature.near) },
          prompt: moved(one.prompt),
        },
  );
  return [same, [all.buffer]];
}

function partsOf(one: PreparedExample): Uint8Array[] {
  if ('dropped' in one) return [];
  const { line, signature, prompt } = one;
  return [line, signature.exact, signature.near, prompt].filter((part) => part !== null);
}
