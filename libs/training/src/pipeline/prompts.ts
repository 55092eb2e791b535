import { type PromptExample, tokenizeAll, tokenizePrompt } from '@open-chatgpt/datasets';
import type { HeldOutPrompt } from './answers';
import type { ModelDescription } from './base-model';

/** The prompts as tokens; those longer than `maxLength` tokens are left out. */
export async function tokenizePrompts(
  { tokenizer, template }: ModelDescription,
  examples: readonly PromptExample[],
  maxLength: number,
): Promise<HeldOutPrompt[]> {
  const { items, sources } = await tokenizeAll(examples, (example) =>
    tokenizePrompt(example, tokenizer, template, { maxLength }),
  );
  return items.map(({ inputIds }, i) => ({ example: examples[sources[i]], ids: Array.from(inputIds) }));
}
