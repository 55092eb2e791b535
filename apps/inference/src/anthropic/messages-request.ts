import { z } from 'zod';
import { apiSchemas } from '../openai/api';
import { type ChatRequest, readChatRequest } from '../openai/chat-request';
import { invalidRequest } from '../openai/openai-error';
import { readRequest } from '../openai/read-request';
import { onlyAccepts } from '../openai/sampling-fields';

const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z.string(),
  // Hints that change no answer.
  cache_control: z.unknown().optional(),
  citations: z.null().optional(),
});
const content = z.union([z.string(), z.array(textBlock).min(1)], {
  error: 'expected text, or blocks of type "text": no model here reads images or documents',
});

const conversation = {
  model: z.string(),
  messages: z.array(z.strictObject({ role: z.enum(['user', 'assistant']), content })).min(1),
  system: content.optional(),
  tools: onlyAccepts(z.array(z.unknown()).max(0), 'an empty list'),
  tool_choice: onlyAccepts(z.looseObject({ type: z.enum(['none', 'auto']) }), '"none" and "auto"'),
  thinking: onlyAccepts(z.looseObject({ type: z.literal('disabled') }), '{"type": "disabled"}'),
};
export const countSchema = z.object(conversation).register(apiSchemas, { id: 'CountTokensRequest' });
export const messagesSchema = z
  .object({
    ...conversation,
    max_tokens: z.int().min(1),
    stop_sequences: z.array(z.string().min(1)).max(16).optional(),
    temperature: z.number().min(0).max(1).optional(),
    top_p: z.number().min(0).max(1).optional(),
    top_k: z.int().min(0).optional(),
    stream: z.boolean().default(false),
  })
  .register(apiSchemas, { id: 'MessagesRequest' });

export interface MessagesRequest {
  chat: ChatRequest;
  stopSequences: readonly string[];
}

/** Reads the body of `/v1/messages` as a chat request. @throws OpenAiError that names the field that is wrong or not supported */
export function readMessagesRequest(body: unknown): MessagesRequest {
  const request = readRequest(messagesSchema, body);
  const { max_tokens, temperature, top_p, top_k, stream, stop_sequences: stopSequences = [] } = request;
  const sampling = { max_tokens, temperature, top_p, top_k, stream };
  const stop = stopSequences.length > 0 ? stopSequences : undefined;
  return { chat: readChatRequest({ ...chatOf(request), ...sampling, stop }), stopSequences };
}

/** Reads the body of `/v1/messages/count_tokens` as a chat request. @throws OpenAiError */
export function readCountRequest(body: unknown): ChatRequest {
  return readChatRequest(chatOf(readRequest(countSchema, body)));
}

/** The conversation as a chat request has it. A last message of the assistant's is the beginning of the answer. */
function chatOf({ model, messages, system }: z.output<typeof countSchema>) {
  const first = system === undefined ? [] : [{ role: 'system', content: textOf(system) }];
  const turns = messages.map(({ role, content }) => ({ role, content: textOf(content) }));
  if (turns.every(({ role }) => role === 'assistant'))
    throw invalidRequest("messages: expected one message of the user's at least", 'messages');
  return {
    model,
    messages: [...first, ...turns],
    continue_final_message: turns[turns.length - 1].role === 'assistant',
  };
}

const textOf = (given: z.output<typeof content>): string =>
  typeof given === 'string' ? given : given.map(({ text }) => text).join('');
