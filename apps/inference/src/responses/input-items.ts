import { z } from 'zod';
import type { ToolCall } from '../tools/answer-parts';

const textPart = z.object({ type: z.enum(['input_text', 'output_text']), text: z.string() });
const text = z.union([z.string(), z.array(textPart).min(1)], {
  error: 'expected text, or parts of type "input_text" or "output_text": no model here reads images or files',
});

/** Clients send items of earlier responses back, with their ids. */
const messageItem = z.object({
  type: z.literal('message').default('message'),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: text,
});
const callItem = z.object({
  type: z.literal('function_call'),
  call_id: z.string(),
  name: z.string(),
  arguments: z.string(),
});
const reasoningItem = z.object({
  type: z.literal('reasoning'),
  content: z.array(z.object({ type: z.literal('reasoning_text'), text: z.string() })).nullish(),
});
const resultItem = z.object({
  type: z.literal('function_call_output'),
  call_id: z.string(),
  output: text,
});

export const inputItems = z
  .array(
    z.union([callItem, resultItem, reasoningItem, messageItem], {
      error:
        'expected a message with text, a function_call, or a function_call_output: no model here reads images or files',
    }),
  )
  .min(1);

/** A message of a chat request. */
export interface ChatMessage {
  role: string;
  content: string;
  reasoning_content?: string;
  tool_calls?: ToolCall[];
  tool_call_id?: string;
}

const textOf = (given: z.output<typeof text>): string =>
  typeof given === 'string' ? given : given.map((part) => part.text).join('');

/** The messages of items. Thoughts belong to the message of the assistant after them, calls to the one before them. */
export function messagesOfItems(items: z.output<typeof inputItems>): ChatMessage[] {
  const messages: ChatMessage[] = [];
  let thoughts = '';
  const answer = (content: string): ChatMessage => {
    const message = { role: 'assistant', content, ...(thoughts !== '' && { reasoning_content: thoughts }) };
    thoughts = '';
    messages.push(message);
    return message;
  };
  for (const item of items) {
    if (item.type === 'reasoning') thoughts += (item.content ?? []).map((part) => part.text).join('');
    else if (item.type === 'function_call_output')
      messages.push({ role: 'tool', content: textOf(item.output), tool_call_id: item.call_id });
    else if (item.type === 'message' && item.role === 'assistant') answer(textOf(item.content));
    else if (item.type === 'message') messages.push({ role: item.role, content: textOf(item.content) });
    else {
      const { call_id: id, name, arguments: given } = item;
      const last = messages.at(-1);
      const caller = last?.role === 'assistant' ? last : answer('');
      const call: ToolCall = { id, type: 'function', function: { name, arguments: given } };
      caller.tool_calls = [...(caller.tool_calls ?? []), call];
    }
  }
  return messages;
}
