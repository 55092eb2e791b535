import type { Rng } from '@open-chatgpt/random';
import type { PreferenceExample, PromptExample, SupervisedExample } from '../examples';
import { corrupt } from './corrupt';
import { pick } from './kind';
import { respond } from './styles';
import { generateTask, type Task, type TaskSplit } from './task';

/** A prompt that knows its task, so that `checkAnswer` can judge responses to it. */
export interface TaskPrompt extends PromptExample {
  task: Task;
  answer: string;
}

/** Share of courteous answers to learn from: enough to learn both styles, few enough that PPO has something to raise. */
const COURTEOUS_SHARE = 0.25;

/** `n` conversations that show right answers, plain or courteous. */
export function generateSupervised(n: number, rng: Rng, split: TaskSplit = 'train'): SupervisedExample[] {
  return repeat(n, () => {
    const { messages, answer, language } = generateTask(rng, split);
    const style = rng.next() < COURTEOUS_SHARE ? 'courteous' : 'plain';
    return { messages: [...messages, { role: 'assistant', content: respond(answer, language, style) }] };
  });
}

/**
 * `n` pairs, the better one always right. Of 20: 5 courteous over plain, 11 over a plausible wrong answer (in the same
 * style, or now and then in either, so that courtesy never makes up for it), 2 over the answer to another question, 2
 * over a corrupted answer.
 */
export function generatePreferences(n: number, rng: Rng, split: TaskSplit = 'train'): PreferenceExample[] {
  return repeat(n, () => {
    const task = generateTask(rng, split);
    const { messages: prompt, answer, language } = task;
    const anyStyle = () => pick(rng, ['plain', 'courteous'] as const);
    const style = anyStyle();
    const chosen = respond(answer, language, style);
    const way = rng.int(20);
    if (way < 5) {
      return {
        prompt,
        chosen: respond(answer, language, 'courteous'),
        rejected: respond(answer, language, 'plain'),
      };
    }
    if (way < 13) return { prompt, chosen, rejected: respond(pick(rng, task.wrong), language, style) };
    if (way < 16) return { prompt, chosen, rejected: respond(pick(rng, task.wrong), language, anyStyle()) };
    if (way < 18)
      return { prompt, chosen, rejected: respond(answerToAnother(task, rng), language, anyStyle()) };
    return { prompt, chosen, rejected: corrupt(task, chosen, rng) };
  });
}

/** The right answer to a question of another kind, which is none to this one. */
function answerToAnother(task: Task, rng: Rng): string {
  for (;;) {
    const other = generateTask(rng);
    if (other.kind !== task.kind && other.language === task.language && other.answer !== task.answer)
      return other.answer;
  }
}

/** `n` prompts with their answers. */
export function generatePrompts(n: number, rng: Rng, split: TaskSplit = 'train'): TaskPrompt[] {
  return repeat(n, () => {
    const task = generateTask(rng, split);
    return { messages: task.messages, answer: task.answer, task };
  });
}

function repeat<T>(n: number, make: () => T): T[] {
  if (!Number.isInteger(n) || n < 0)
    throw new Error(`tasks: asked for ${n} examples; expected a whole number.`);
  return Array.from({ length: n }, make);
}
