import type { Message } from '@open-chatgpt/tokenizer';
import { z } from 'zod';
import { invalidRequest } from './openai-error';

const textPart = z.strictObject({ type: z.literal('text'), text: z.string() });
const content = z.union([z.string(), z.array(textPart).min(1)], {
  error: 'expected text, or parts of type "text": no model of this server reads pictures, sound or files',
});

/** Clients send received messages back unchanged, with fields that are null. */
const absent = z.null().optional();

/** OpenAI's clients add these to an answer that they parse or join, and send them back. */
const parsed = z.unknown().optional();
const position = z.int().optional();

const toolCall = z.strictObject({
  id: z.string(),
  index: position,
  type: z.literal('function').default('function'),
  function: z.strictObject({ name: z.string(), arguments: z.string(), parsed_arguments: parsed }),
});

export const chatMessages = z
  .array(
    z.discriminatedUnion('role', [
      z.strictObject({ role: z.enum(['system', 'developer', 'user']), content }),
      z.strictObject({
        role: z.literal('assistant'),
        content: content.nullish(),
        refusal: absent,
        audio: absent,
        parsed,
        annotations: z.array(z.unknown()).max(0).nullish(),
        function_call: absent,
        // Of an earlier answer. The template decides whether to show it.
        reasoning_content: z.string().nullish(),
        tool_calls: z.array(toolCall).nullish(),
      }),
      z.strictObject({
        role: z.literal('tool'),
        content,
        tool_call_id: z.string(),
        name: z.string().optional(),
      }),
    ]),
  )
  .min(1);

type Given = z.output<typeof chatMessages>;

/** The messages as chat templates know them. @throws OpenAiError that names the message that is wrong */
export function readMessages(messages: Given, tools: readonly object[]): Message[] {
  const names = new Map<string, string>();
  return messages.map((message, index): Message => {
    const described = index === 0 && tools.length > 0 ? { tools } : {};
    const text = textOf(message.content);
    if (message.role === 'tool') {
      const field = `messages.${index}.tool_call_id`;
      if (!names.has(message.tool_call_id))
        throw invalidRequest(`${field}: no call "${message.tool_call_id}" comes before its result`, field);
      const name = message.name ?? names.get(message.tool_call_id);
      return {
        role: 'tool',
        content: text,
        toolCallId: message.tool_call_id,
        ...(name && { name }),
        ...described,
      };
    }
    if (message.role !== 'assistant')
      return { role: message.role === 'developer' ? 'system' : message.role, content: text, ...described };
    const calls = message.tool_calls ?? [];
    if (calls.length === 0 && message.content == null)
      throw invalidRequest(
        `messages.${index}.content: expected text, or tool_calls`,
        `messages.${index}.content`,
      );
    const toolCalls = calls.map(({ id, type, function: { name, arguments: given } }, i) => {
      names.set(id, name);
      const field = `messages.${index}.tool_calls.${i}.function.arguments`;
      return { id, type, function: { name, arguments: readArguments(given, field) } };
    });
    const { reasoning_content: reasoning } = message;
    return {
      role: 'assistant',
      content: text,
      ...(reasoning && { reasoning }),
      ...(calls.length > 0 && { toolCalls }),
      ...described,
    };
  });
}

function textOf(content: string | { text: string }[] | null | undefined): string {
  return typeof content === 'string' ? content : (content ?? []).map(({ text }) => text).join('');
}

function readArguments(given: string, field: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(given);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // The error below says it.
  }
  throw invalidRequest(`${field}: expected the text of a JSON object`, field);
}
