import type { Rng } from '@open-chatgpt/random';
import { unpairedAnswers } from '../adapters/pairs';
import type { PreferenceExample, PromptExample, SupervisedExample, UnpairedExample } from '../examples';
import { corrupt } from './corrupt';
import { pick } from './kind';
import { respond } from './styles';
import { generateTask, type Task, type TaskSplit } from './task';

/** Share of courteous answers: enough to learn both styles, few enough that PPO can raise it. */
const COURTEOUS_SHARE = 0.25;

/**
 * The probability that a person prefers the better answer. It is below 1 for every pair, so the scores of the reward model stay bounded.
 * It is higher for correctness than for courtesy, so a right answer scores above a courteous wrong one.
 */
const AGREEMENT = { onRight: 0.98, onCourtesy: 0.95 };

/** `n` conversations that show right answers, plain or courteous. */
export function generateSupervised(
  n: number,
  rng: Rng,
  split: TaskSplit = 'train',
): Iterable<SupervisedExample> {
  return repeat(n, () => {
    const { messages, answer, language } = generateTask(rng, split);
    const style = rng.next() < COURTEOUS_SHARE ? 'courteous' : 'plain';
    return { messages: [...messages, { role: 'assistant', content: respond(answer, language, style) }] };
  });
}

/**
 * `n` pairs, the better one always right. Of 20: 4 courteous over plain, 4 plain over a plausible wrong answer in
 * courteous style, so that courtesy never makes up for it, 6 over such an answer in the same style, 2 over the answer to
 * another question, 4 over a corrupted answer.
 */
export function generatePreferences(
  n: number,
  rng: Rng,
  split: TaskSplit = 'train',
): Iterable<PreferenceExample> {
  return repeat(n, () => generatePair(rng, split));
}

/** `n` answers with their labels, by turns the better and the worse answer of a pair. */
export function generateUnpaired(n: number, rng: Rng, split: TaskSplit = 'train'): Iterable<UnpairedExample> {
  let number = 0;
  return repeat(n, () => unpairedAnswers([generatePair(rng, split)])[number++ % 2]);
}

function generatePair(rng: Rng, split: TaskSplit): PreferenceExample {
  const task = generateTask(rng, split);
  const { messages: prompt, answer, language } = task;
  const anyStyle = () => pick(rng, ['plain', 'courteous'] as const);
  const [plain, courteous] = [respond(answer, language, 'plain'), respond(answer, language, 'courteous')];
  const way = rng.int(20);
  if (way < 4) return { prompt, chosen: courteous, rejected: plain, weight: AGREEMENT.onCourtesy };
  const weight = AGREEMENT.onRight;
  const wrong = pick(rng, task.wrong);
  if (way < 8) return { prompt, chosen: plain, rejected: respond(wrong, language, 'courteous'), weight };
  const style = anyStyle();
  const chosen = respond(answer, language, style);
  if (way < 14) return { prompt, chosen, rejected: respond(wrong, language, style), weight };
  if (way < 16)
    return { prompt, chosen, rejected: respond(answerToAnother(task, rng), language, anyStyle()), weight };
  return { prompt, chosen, rejected: corrupt(task, chosen, rng), weight };
}

/** The right answer to another question in the same language, of any kind, that is wrong for this one. */
function answerToAnother(task: Task, rng: Rng): string {
  for (;;) {
    const other = generateTask(rng);
    if (other.language === task.language && other.answer !== task.answer) return other.answer;
  }
}

/** `n` prompts with their answers. */
export function generatePrompts(
  n: number,
  rng: Rng,
  split: TaskSplit = 'train',
): Iterable<Required<PromptExample>> {
  return repeat(n, () => {
    const { messages, answer, language } = generateTask(rng, split);
    return { messages, answer, taskLanguage: language };
  });
}

function repeat<T>(n: number, make: () => T): Iterable<T> {
  if (!Number.isInteger(n) || n < 0) throw new Error(`tasks: ${n} examples; expected a whole number.`);
  return {
    *[Symbol.iterator]() {
      for (let i = 0; i < n; i++) yield make();
    },
  };
}
