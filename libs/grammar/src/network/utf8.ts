import type { Range } from '../expression';

/** Ranges of consecutive bytes: each byte of a text lies in its range. */
export type ByteSequence = readonly Range[];

/** The last code point with 1, 2, 3 and 4 bytes. */
const LAST_OF_LENGTH = [0x7f, 0x7ff, 0xffff, 0x10ffff];
const SURROGATES: Range = [0xd800, 0xdfff];

/** The byte sequences of the UTF-8 of consecutive code points. Surrogates have none. */
export function utf8Sequences([low, high]: Range): ByteSequence[] {
  const [first, last] = SURROGATES;
  const parts: Range[] = [
    [low, Math.min(high, first - 1)],
    [Math.max(low, last + 1), high],
  ];
  const result: ByteSequence[] = [];
  for (const [from, to] of parts) {
    let start = from;
    for (const lastOfLength of LAST_OF_LENGTH) {
      const end = Math.min(to, lastOfLength);
      if (start <= end) result.push(...split(start, end));
      start = Math.max(start, lastOfLength + 1);
    }
  }
  return result;
}

/** Splits code points of one length so that their bytes vary independently. */
function split(low: number, high: number): ByteSequence[] {
  const [first, last] = [encode(low), encode(high)];
  for (let rest = 1; rest < first.length; rest++) {
    const mask = (1 << (6 * rest)) - 1;
    if ((low & ~mask) === (high & ~mask)) continue;
    if ((low & mask) !== 0) return [...split(low, low | mask), ...split((low | mask) + 1, high)];
    if ((high & mask) !== mask) return [...split(low, (high & ~mask) - 1), ...split(high & ~mask, high)];
  }
  return [first.map((byte, i) => [byte, last[i]])];
}

function encode(codePoint: number): number[] {
  return [...Buffer.from(String.fromCodePoint(codePoint))];
}
