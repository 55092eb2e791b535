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

/** Share of the responses that are exactly right, where that can be checked; no entry where it cannot. */
export function exactMatch(
  prompts: readonly HeldOutPrompt[],
  responses: readonly string[],
): Record<string, number> {
  const checkable = prompts.flatMap(({ example: { answer, taskLanguage } }, i) =>
    answer !== undefined && taskLanguage
      ? [checkAnswer({ answer, language: taskLanguage }, responses[i])]
      : [],
  );
  return checkable.length > 0 ? { exactMatch: checkable.filter(Boolean).length / checkable.length } : {};
}

/** The first `count` prompts with their responses, for people to read. */
export function samplesOf(
  prompts: readonly HeldOutPrompt[],
  responses: readonly string[],
  count: number,
  rewards?: readonly number[],
): Sample[] {
  return prompts.slice(0, count).map(({ example }, i) => ({
    prompt: promptText(example),
    response: responses[i],
    ...(example.answer !== undefined && { reference: example.answer }),
    ...(rewards && Number.isFinite(rewards[i]) && { reward: rewards[i] }),
  }));
}
