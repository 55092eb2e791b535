import type { ChatTemplate } from '@open-chatgpt/tokenizer';
import { z } from 'zod';
import { invalidRequest } from './openai-error';

/** Variables that the server sets, and arguments of transformers' apply_chat_template that are no variables. */
const RESERVED = new Set([
  'add_generation_prompt',
  'bos_token',
  'chat_template',
  'continue_final_message',
  'conversation',
  'documents',
  'eos_token',
  'messages',
  'return_dict',
  'tokenize',
  'tools',
]);

/** vLLM's `chat_template_kwargs`: more variables for the chat template, such as `enable_thinking`. */
export const templateVariables = z
  .record(z.string().regex(/^[A-Za-z_]\w*$/, 'expected names of variables'), z.unknown())
  .refine((given) => !Object.keys(given).some((name) => RESERVED.has(name)), {
    error: ({ input }) => `the server sets ${reservedOf(input)}; leave it out`,
  })
  .optional();

const reservedOf = (input: unknown): string =>
  Object.keys(input as object).find((name) => RESERVED.has(name)) ?? '';

/** @throws OpenAiError for a variable that the template does not use: it would change nothing */
export function checkVariables(
  { name: template, jinja }: ChatTemplate,
  variables: Readonly<Record<string, unknown>>,
): void {
  const words = new Set(jinja.match(/\w+/g));
  const unknown = Object.keys(variables).find((name) => !words.has(name));
  if (unknown === undefined) return;
  throw invalidRequest(
    `chat_template_kwargs: the chat template ${template} has no variable "${unknown}"; leave it out`,
    'chat_template_kwargs',
  );
}
