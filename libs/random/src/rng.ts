import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded stream of random numbers. Same seed, same calls: same numbers, on every platform. */
export interface Rng {
  /** Uniform in [0, 1), a multiple of 2⁻⁵³. */
  next(): number;
  /** Uniform integer in [0, n), without modulo bias. */
  int(n: number): number;
  /** Standard normal (Box–Muller; the second value is discarded). */
  normal(): number;
  /** A shuffled copy (Fisher–Yates). */
  shuffle<T>(items: readonly T[]): T[];
  /**
   * An independent stream named by this one and `label`. Does not advance this one, and does not depend on how far
   * it has run: the same label always gives the same stream, so number the labels inside a loop.
   */
  fork(label: string | number): Rng;
}

/** A stream from an integer seed. Throws when the seed is not a safe integer. */
export function createRng(seed: number): Rng {
  if (!Number.isSafeInteger(seed)) {
    throw new Error(`random: seed is ${seed}; expected an integer of at most 53 bits, for example 42.`);
  }
  return fromKey(sha256(`seed:${seed}`));
}

/**
 * @param key hex name of the stream. Forks are derived from it, so they do not depend on how far the stream has run.
 * Hashing the key spreads near seeds (1, 2, 3 …) over the whole state space: raw small seeds start correlated.
 */
function fromKey(key: string): Rng {
  const digest = createHash('sha256').update(`words:${key}`).digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)));

  const int = (n: number): number => {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw new Error(`random: int(${n}): expected a positive integer.`);
    }
    return uniformInt(generator, 0, n - 1);
  };

  return {
    next: () => uniformFloat64(generator),
    int,
    normal() {
      const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(generator)));
      return radius * Math.cos(2 * Math.PI * uniformFloat64(generator));
    },
    shuffle<T>(items: readonly T[]): T[] {
      const shuffled = [...items];
      for (let last = shuffled.length - 1; last > 0; last--) {
        const chosen = int(last + 1);
        [shuffled[last], shuffled[chosen]] = [shuffled[chosen], shuffled[last]];
      }
      return shuffled;
    },
    fork: (label) => fromKey(sha256(`fork:${key}:${typeof label}:${label}`)),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
