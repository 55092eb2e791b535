import type { Rng } from '@open-chatgpt/random';
import type { Language } from './lexicon';

/** One kind of task in one language, with its wordings. */
export interface TaskKind {
  name: string;
  language: Language;
  /** Questions, with `{x}` (and `{y}`) in place of the drawn values. */
  wordings: readonly string[];
  draw(rng: Rng): Draw;
}

export interface Draw {
  x: string;
  y?: string;
  answer: string;
  /** Plausible wrong answers. */
  wrong: string[];
}

export function pick<T>(rng: Rng, items: readonly T[]): T {
  return items[rng.int(items.length)];
}

/** `count` different items. */
export function pickSome<T>(rng: Rng, items: readonly T[], count: number): T[] {
  return rng.shuffle(items).slice(0, count);
}
