import type { Message } from '@open-chatgpt/tokenizer';
import { z } from 'zod';
import { invalidRequest } from './openai-error';
import { readRequest } from './read-request';
import { onlyAccepts, samplingFields } from './sampling-fields';
import { structureFields } from './structure-fields';

const textPart = z.strictObject({ type: z.literal('text'), text: z.string() });

/** Clients send received messages back unchanged, with fields that are null. */
const absent = z.null().optional();

const message = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: z.union([z.string(), z.array(textPart).min(1)], {
    error: 'expected text, or parts of type "text"',
  }),
  refusal: absent,
  audio: absent,
  annotations: z.array(z.unknown()).max(0).nullish(),
  function_call: absent,
  tool_calls: z.array(z.unknown()).max(0).nullish(),
});

const schema = z.object({
  ...samplingFields,
  ...structureFields,
  messages: z.array(message).min(1),
  max_completion_tokens: z.int().min(1).optional(),
  // vLLM's names, as in transformers' apply_chat_template.
  add_generation_prompt: z.boolean().optional(),
  continue_final_message: z.boolean().default(false),
  logprobs: z.boolean().default(false),
  top_logprobs: z.int().min(0).max(20).optional(),
  modalities: onlyAccepts(z.tuple([z.literal('text')]), '["text"]'),
  tools: onlyAccepts(z.array(z.unknown()).max(0), 'an empty list'),
  tool_choice: onlyAccepts(z.enum(['none', 'auto']), '"none" and "auto"'),
});

export interface ChatRequest extends Omit<z.output<typeof schema>, 'messages'> {
  messages: Message[];
}

/** @throws OpenAiError that names the field that is wrong or not supported */
export function readChatRequest(body: unknown): ChatRequest {
  const { messages, ...request } = readRequest(schema, body);
  if (request.top_logprobs !== undefined && !request.logprobs) {
    throw invalidRequest('top_logprobs needs logprobs: true', 'top_logprobs');
  }
  const { continue_final_message: continues, add_generation_prompt: newAnswer } = request;
  if (continues && newAnswer)
    throw invalidRequest(
      'continue_final_message continues the last message, add_generation_prompt begins a new one; set one of them',
      'continue_final_message',
    );
  if (continues && messages[messages.length - 1].role !== 'assistant')
    throw invalidRequest(
      "continue_final_message needs a last message of the assistant's, which is the beginning of the answer",
      'messages',
    );
  return {
    ...request,
    max_tokens: request.max_completion_tokens ?? request.max_tokens,
    messages: messages.map(({ role, content }) => ({
      role: role === 'developer' ? 'system' : role,
      content: typeof content === 'string' ? content : content.map(({ text }) => text).join(''),
    })),
  };
}
