import { z } from 'zod';
import { invalidRequest } from '../openai/openai-error';

/** Hints that change no answer. */
const hints = { cache_control: z.unknown().optional() };
const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z.string(),
  citations: z.null().optional(),
  ...hints,
});
const text = z.union([z.string(), z.array(textBlock).min(1)], {
  error: 'expected text, or blocks of type "text": no model here reads images or documents',
});
const resultBlock = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: text.optional(),
  is_error: z.boolean().optional(),
  ...hints,
});
const useBlock = z.strictObject({
  type: z.literal('tool_use'),
  id: z.string(),
  name: z.string(),
  input: z.record(z.string(), z.unknown()),
  caller: z.unknown().optional(),
  ...hints,
});
const thinkingBlock = z.strictObject({
  type: z.literal('thinking'),
  thinking: z.string(),
  signature: z.string().optional(),
});

/** The text of a system prompt. */
export const systemContent = text;

export const message = z.discriminatedUnion('role', [
  z.strictObject({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(z.union([textBlock, resultBlock])).min(1)], {
      error:
        'expected text, or blocks of type "text" and "tool_result": no model here reads images or documents',
    }),
  }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(z.union([textBlock, useBlock, thinkingBlock])).min(1)], {
      error: 'expected text, or blocks of type "text", "tool_use" and "thinking"',
    }),
  }),
]);

type GivenMessage = z.output<typeof message>;

export const textOf = (given: z.output<typeof text>): string =>
  typeof given === 'string' ? given : given.map((block) => block.text).join('');

/** A message as chat completions have it: each result of a tool is a separate message. */
export function chatMessages({ role, content }: GivenMessage): object[] {
  if (typeof content === 'string') return [{ role, content }];
  if (role === 'user') {
    const results = content.filter((block) => block.type === 'tool_result');
    const rest = content.filter((block) => block.type === 'text');
    return [
      ...results.map(({ tool_use_id, content: given = '' }) => ({
        role: 'tool',
        tool_call_id: tool_use_id,
        content: textOf(given),
      })),
      ...(rest.length > 0 ? [{ role, content: textOf(rest) }] : []),
    ];
  }
  const calls = content.filter((block) => block.type === 'tool_use');
  const thoughts = content.filter((block) => block.type === 'thinking');
  return [
    {
      role,
      content: textOf(content.filter((block) => block.type === 'text')),
      reasoning_content: thoughts.map(({ thinking }) => thinking).join(''),
      ...(calls.length > 0 && {
        tool_calls: calls.map(({ id, name, input }) => ({
          id,
          type: 'function',
          function: { name, arguments: JSON.stringify(input) },
        })),
      }),
    },
  ];
}

/** Whether the last message is the beginning of the answer. @throws OpenAiError for calls without their results */
export function isBegun(messages: readonly GivenMessage[]): boolean {
  const { role, content } = messages[messages.length - 1];
  if (role !== 'assistant') return false;
  if (typeof content !== 'string' && content.some(({ type }) => type === 'tool_use'))
    throw invalidRequest(
      'messages: the last message has a tool_use; add a message of the user with its tool_result',
      'messages',
    );
  return true;
}
