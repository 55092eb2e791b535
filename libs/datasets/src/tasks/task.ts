import { createHash } from 'node:crypto';
import type { Rng } from '@open-chatgpt/random';
import type { Message } from '@open-chatgpt/tokenizer';
import { pick, type TaskKind } from './kind';
import { knowledgeKinds } from './knowledge-kinds';
import {
  type Language,
  LETTERS,
  NUMERALS,
  OPENERS,
  OPPOSITES,
  TRANSLATIONS,
  WEEKDAYS,
  WORDS,
} from './lexicon';
import { numberKinds } from './number-kinds';
import { STYLE_TEXT, styleOf } from './styles';
import { wordKinds } from './word-kinds';

/** A short question with one right answer. */
export interface Task {
  kind: string;
  language: Language;
  prompt: string;
  messages: Message[];
  answer: string;
  /** Plausible answers that are wrong; never empty. */
  wrong: string[];
}

/** Prompts to train on, and prompts to evaluate with. */
export type TaskSplit = 'train' | 'heldOut';

const KINDS: readonly TaskKind[] = [...wordKinds, ...numberKinds, ...knowledgeKinds];

/** The names of all kinds of task. */
export const TASK_KINDS: readonly string[] = [...new Set(KINDS.map((kind) => kind.name))];

/** Share of all possible prompts that is held out. */
const HELD_OUT_SHARE = 0.1;

/** The split of a prompt. A hash of the text decides, so a prompt has the same split for every seed. */
export function splitOf(prompt: string): TaskSplit {
  const hash = createHash('sha256').update(prompt).digest().readUInt32LE(0);
  return hash / 2 ** 32 < HELD_OUT_SHARE ? 'heldOut' : 'train';
}

/** A random task of that split: each kind is equally likely, then each language that has it. */
export function generateTask(rng: Rng, split: TaskSplit = 'train'): Task {
  for (;;) {
    const task = drawTask(rng);
    if (splitOf(task.prompt) === split) return task;
  }
}

function drawTask(rng: Rng): Task {
  const name = pick(rng, TASK_KINDS);
  const kind = pick(
    rng,
    KINDS.filter((candidate) => candidate.name === name),
  );
  const { x, y = '', answer, wrong } = kind.draw(rng);
  const question = pick(rng, kind.wordings).replace('{x}', x).replace('{y}', y);
  const prompt = pick(rng, OPENERS[kind.language]) + question;
  const messages: Message[] = [{ role: 'user', content: prompt }];
  return { kind: name, language: kind.language, prompt, messages, answer, wrong };
}

/**
 * Whether a response is the right answer in one of the styles, and nothing else. If 7 is right, so are "7" and "Gladly: 7.", but
 * not "17", "7 7" or "It may be 7".
 */
export function checkAnswer(task: Pick<Task, 'answer' | 'language'>, response: string): boolean {
  return styleOf(response, task.answer, task.language) !== null;
}

/** Every character that occurs in a task or a response, and the other ASCII letters, sorted. */
export function taskCharacters(): string[] {
  const texts = [
    'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,?!:;\'"+-=()\n',
    STYLE_TEXT,
    ...KINDS.flatMap((kind) => kind.wordings),
    JSON.stringify([WORDS, LETTERS, NUMERALS, OPENERS, OPPOSITES, TRANSLATIONS, WEEKDAYS]),
  ];
  const characters = new Set(texts.join(''));
  for (const syntax of '{}[]') characters.delete(syntax);
  return [...characters].sort();
}
