import { checkAnswer, type PromptExample } from '@open-chatgpt/datasets';
import type { Sample } from '@open-chatgpt/runs';
import type { ChatTemplate, Tokenizer } from '@open-chatgpt/tokenizer';

/** A held-out prompt with its token ids. */
export interface HeldOutPrompt {
  example: PromptExample;
  ids: readonly number[];
}

/** What people see of a prompt: its last user turn. */
export function promptText({ messages }: PromptExample): string {
  return messages.findLast(({ role }) => role === 'user')?.content ?? '';
}

/** Token ids of a response as text, without what only ends it. */
export async function responseText(
  tokenizer: Tokenizer,
  template: ChatTemplate,
  ids: readonly number[],
): Promise<string> {
  const text = await tokenizer.decode(ids, { skipSpecialTokens: true });
  const ends = template.stop.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return (ends.length > 0 ? text.slice(0, Math.min(...ends)) : text).trim();
}

/** Whether a response is the right answer; undefined where that cannot be checked. */
function isRight({ example }: HeldOutPrompt, response: string): boolean | undefined {
  const { answer, taskLanguage } = example;
  return answer !== undefined && taskLanguage
    ? checkAnswer({ answer, language: taskLanguage }, response)
    : undefined;
}

/** Share of the responses that are exactly right, where that can be checked; no entry where it cannot. */
export function exactMatch(
  prompts: readonly HeldOutPrompt[],
  responses: readonly string[],
): Record<string, number> {
  const checked = prompts.flatMap((prompt, i) => isRight(prompt, responses[i]) ?? []);
  return checked.length > 0 ? { exactMatch: checked.filter(Boolean).length / checked.length } : {};
}

/** The first `count` items whose texts differ: a reader sees each prompt once. */
export function firstDistinct<T>(items: Iterable<T>, textOf: (item: T) => string, count: number): T[] {
  const found = new Map<string, T>();
  for (const item of items) {
    if (found.size >= count) break;
    const text = textOf(item);
    if (!found.has(text)) found.set(text, item);
  }
  return [...found.values()];
}

/** The first `count` distinct prompts with their responses, for people to read. */
export function samplesOf(
  prompts: readonly HeldOutPrompt[],
  responses: readonly string[],
  count: number,
  rewards?: readonly number[],
): Sample[] {
  return firstDistinct(prompts.entries(), ([, { example }]) => promptText(example), count).map(
    ([i, prompt]) => {
      const { example } = prompt;
      const right = isRight(prompt, responses[i]);
      return {
        prompt: promptText(example),
        response: responses[i],
        ...(example.answer !== undefined && { reference: example.answer }),
        ...(right !== undefined && { right }),
        ...(rewards && Number.isFinite(rewards[i]) && { reward: rewards[i] }),
      };
    },
  );
}
