import type { Rng } from '@open-chatgpt/random';
import type { Language } from './lexicon';

/** One kind of task in one language: what is asked, and the ways to ask it. */
export interface TaskKind {
  name: string;
  language: Language;
  /** Ways to ask, with `{x}` (and `{y}`) where the drawn values go. */
  wordings: readonly string[];
  draw(rng: Rng): Draw;
}

export interface Draw {
  x: string;
  y?: string;
  answer: string;
  /** Answers that a careless reader would give. */
  wrong: string[];
}

export function pick<T>(rng: Rng, items: readonly T[]): T {
  return items[rng.int(items.length)];
}

/** `count` different items. */
export function pickSome<T>(rng: Rng, items: readonly T[], count: number): T[] {
  return rng.shuffle(items).slice(0, count);
}
