import { z } from 'zod';
import { apiSchemas } from './api';
import { type ChatRequest, chatSchema, readChatRequest } from './chat-request';
import { readRequest } from './read-request';

const withTexts = z.boolean().default(false);
const textSchema = z.object({
  model: z.string(),
  prompt: z.string(),
  add_special_tokens: z.boolean().default(true),
  return_token_strs: withTexts,
});
const chatOptions = z.object({
  // The chat template has the special tokens.
  add_special_tokens: z.literal(false, 'supports only false beside messages').optional(),
  return_token_strs: withTexts,
});
export const detokenizeSchema = z
  .object({ model: z.string(), tokens: z.array(z.int().min(0)) })
  .register(apiSchemas, { id: 'DetokenizeRequest' });

export const tokenizeSchema = z
  .union([textSchema, chatSchema])
  .register(apiSchemas, { id: 'TokenizeRequest' });

export interface TokenizeRequest {
  model: string;
  content: { prompt: string; addSpecialTokens: boolean } | { chat: ChatRequest };
  withTexts: boolean;
}

/**
 * Reads the body of vLLM's `/tokenize`: a `prompt`, or `messages` with the fields of a chat request.
 * @throws OpenAiError that names the field that is wrong or not supported
 */
export function readTokenizeRequest(body: unknown): TokenizeRequest {
  if (typeof body === 'object' && body !== null && 'messages' in body) {
    const { add_special_tokens, return_token_strs, ...chat } = body as Record<string, unknown>;
    const options = readRequest(chatOptions, { add_special_tokens, return_token_strs });
    const request = readChatRequest(chat);
    return { model: request.model, content: { chat: request }, withTexts: options.return_token_strs };
  }
  const { model, prompt, ...options } = readRequest(textSchema, body);
  const content = { prompt, addSpecialTokens: options.add_special_tokens };
  return { model, content, withTexts: options.return_token_strs };
}

/** Reads the body of vLLM's `/detokenize`. @throws OpenAiError */
export function readDetokenizeRequest(body: unknown): z.output<typeof detokenizeSchema> {
  return readRequest(detokenizeSchema, body);
}
