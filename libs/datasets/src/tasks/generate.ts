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
 * `n` pairs, the better one always right. Of 20: 6 courteous over plain, 6 over the answer to another question, 5 over
 * a corrupted answer, 3 over a plausible wrong one. But for the first, both come in either style, so that courtesy never
 * makes up for a wrong answer.
 */
export function generatePreferences(n: number, rng: Rng, split: TaskSplit = 'train'): PreferenceExample[] {
  return repeat(n, () => {
    const task = generateTask(rng, split);
    const { messages: prompt, answer, language } = task;
    const inSomeStyle = (text: string) => respond(text, language, rng.int(2) === 0 ? 'plain' : 'courteous');
    const way = rng.int(20);
    if (way < 6) {
      return {
        prompt,
        chosen: respond(answer, language, 'courteous'),
        rejected: respond(answer, language, 'plain'),
      };
    }
    const chosen = inSomeStyle(answer);
    if (way < 12) return { prompt, chosen, rejected: inSomeStyle(answerToAnother(task, rng)) };
    if (way < 17) return { prompt, chosen, rejected: corrupt(task, chosen, rng) };
    return { prompt, chosen, rejected: inSomeStyle(pick(rng, task.wrong)) };
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
