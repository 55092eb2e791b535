import type { Rng } from '@open-chatgpt/random';
import { pick } from './kind';
import { checkAnswer, type Task, taskCharacters } from './task';

const CHARACTERS = taskCharacters().filter((character) => character.trim() !== '');

/** Keeps the longest prompt and a corrupted response within 80 characters. */
const LONGEST = 24;

/**
 * Corrupts a right response: one character is wrong, missing or added; or the response is repeated, truncated, scrambled, or followed
 * by other text. The result is never right by accident.
 */
export function corrupt(task: Task, response: string, rng: Rng): string {
  const characters = [...response];
  const edit = (removed: number, added: readonly string[]) =>
    characters.toSpliced(rng.int(characters.length + 1 - removed), removed, ...added).join('');
  const ways: (() => string)[] = [
    () => edit(0, [pick(rng, CHARACTERS)]),
    () => edit(1, [pick(rng, CHARACTERS)]),
    () => edit(1, []),
    () =>
      Array(2 + rng.int(2))
        .fill(response)
        .join(pick(rng, [' ', ''])),
    () => characters.slice(0, rng.int(characters.length)).join(''),
    () => Array.from({ length: 1 + rng.int(characters.length + 4) }, () => pick(rng, CHARACTERS)).join(''),
    () => characters.map((character) => (rng.int(3) === 0 ? pick(rng, CHARACTERS) : character)).join(''),
    () => `${response} ${pick(rng, task.wrong)}`,
  ];
  for (;;) {
    const worse = [...pick(rng, ways)()].slice(0, LONGEST).join('');
    if (!checkAnswer(task, worse)) return worse;
  }
}
