import type { Message } from '@open-chatgpt/tokenizer';
import { z } from 'zod';
import { apiSchemas } from './api';
import { readChatRequest } from './chat-request';
import { invalidRequest, OpenAiError } from './openai-error';
import { readRequest } from './read-request';

const MOST_CONVERSATIONS = 1024;

const texts = z.union([z.string(), z.array(z.string()).min(1).max(MOST_CONVERSATIONS)], {
  error: 'expected a text or a list of texts',
});
export const scoreSchema = z
  .object({
    model: z.string(),
    messages: z.array(z.unknown()).min(1).max(MOST_CONVERSATIONS).optional(),
    text_1: texts.optional(),
    text_2: texts.optional(),
  })
  .register(apiSchemas, { id: 'ScoreRequest' });

export interface ScoreRequest {
  model: string;
  /** Each ends with the answer to score. */
  conversations: Message[][];
}

/**
 * Reads the body of `/v1/score`: `messages`, one conversation or a list of them; or vLLM's `text_1` and `text_2`, prompts and answers.
 * One prompt goes with every answer, several go with one answer each.
 * @throws OpenAiError that names the field that is wrong
 */
export function readScoreRequest(body: unknown): ScoreRequest {
  const { model, messages, text_1: prompts, text_2: answers } = readRequest(scoreSchema, body);
  if (messages !== undefined && prompts === undefined && answers === undefined)
    return { model, conversations: readConversations(model, messages) };
  if (messages !== undefined || prompts === undefined || answers === undefined)
    throw invalidRequest(
      'expected either messages, or text_1 with the prompt and text_2 with the answer',
      'messages',
    );
  return { model, conversations: pair([prompts].flat(), [answers].flat()) };
}

function readConversations(model: string, messages: unknown[]): Message[][] {
  if (!Array.isArray(messages[0])) return [readConversation(model, messages)];
  return messages.map((one, index) => {
    try {
      return readConversation(model, one);
    } catch (error) {
      if (!(error instanceof OpenAiError)) throw error;
      throw invalidRequest(`conversation ${index}: ${error.message}`, `messages.${index}`);
    }
  });
}

function readConversation(model: string, given: unknown): Message[] {
  const { messages } = readChatRequest({ model, messages: given });
  if (messages[messages.length - 1].role === 'assistant') return messages;
  throw invalidRequest("the last message must be the assistant's: it is the answer to score", 'messages');
}

function pair(prompts: string[], answers: string[]): Message[][] {
  if (prompts.length > 1 && prompts.length !== answers.length) {
    throw invalidRequest(
      `text_1 has ${prompts.length} texts and text_2 has ${answers.length}; send one prompt for all answers, or one for each`,
      'text_2',
    );
  }
  return answers.map((answer, index) => [
    { role: 'user', content: prompts[prompts.length === 1 ? 0 : index] },
    { role: 'assistant', content: answer },
  ]);
}
