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
 * `n` pairs. Half: right over wrong, each in either style, so that courtesy never makes up for a wrong answer. A quarter:
 * of two right ones, courteous over plain. A quarter: right over the same answer repeated, cut off or garbled.
 */
export function generatePreferences(n: number, rng: Rng, split: TaskSplit = 'train'): PreferenceExample[] {
  return repeat(n, () => {
    const task = generateTask(rng, split);
    const { messages: prompt, answer, language } = task;
    const inSomeStyle = (text: string) => respond(text, language, rng.int(2) === 0 ? 'plain' : 'courteous');
    switch (rng.int(4)) {
      case 0:
        return {
          prompt,
          chosen: respond(answer, language, 'courteous'),
          rejected: respond(answer, language, 'plain'),
        };
      case 1: {
        const chosen = inSomeStyle(answer);
        return { prompt, chosen, rejected: corrupt(task, chosen, rng) };
      }
      default:
        return { prompt, chosen: inSomeStyle(answer), rejected: inSomeStyle(pick(rng, task.wrong)) };
    }
  });
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
