import { z } from 'zod';
import { apiSchemas } from '../openai/api';
import { type ChatRequest, readChatRequest } from '../openai/chat-request';
import { invalidRequest } from '../openai/openai-error';
import { readRequest } from '../openai/read-request';
import { onlyAccepts } from '../openai/sampling-fields';
import { chatMessages, isBegun, message, systemContent, textOf } from './messages-content';
import { chatTools, toolFields } from './messages-tools';

const conversation = {
  model: z.string(),
  messages: z.array(message).min(1),
  system: systemContent.optional(),
  ...toolFields,
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
function chatOf({ model, messages, system, ...tools }: z.output<typeof countSchema>) {
  const first = system === undefined ? [] : [{ role: 'system', content: textOf(system) }];
  if (messages.every(({ role }) => role === 'assistant'))
    throw invalidRequest("messages: expected one message of the user's at least", 'messages');
  return {
    model,
    messages: [...first, ...messages.flatMap(chatMessages)],
    continue_final_message: isBegun(messages),
    ...chatTools(tools),
  };
}
