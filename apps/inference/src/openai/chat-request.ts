import type { Message } from '@open-chatgpt/tokenizer';
import { z } from 'zod';
import { apiSchemas } from './api';
import { chatMessages, readMessages } from './chat-messages';
import { invalidRequest } from './openai-error';
import { readRequest } from './read-request';
import { checkPromptLogProbs, onlyAccepts, samplingFields } from './sampling-fields';
import { requestedStructure, structureFields } from './structure-fields';
import { templateVariables } from './template-fields';
import { readToolUse, type ToolUse, toolFields } from './tool-fields';

export const chatSchema = z
  .object({
    ...samplingFields,
    ...structureFields,
    ...toolFields,
    messages: chatMessages,
    max_completion_tokens: z.int().min(1).optional(),
    // vLLM's names, as in transformers' apply_chat_template.
    add_generation_prompt: z.boolean().optional(),
    continue_final_message: z.boolean().default(false),
    chat_template_kwargs: templateVariables,
    logprobs: z.boolean().default(false),
    top_logprobs: z.int().min(0).max(20).optional(),
    modalities: onlyAccepts(z.tuple([z.literal('text')]), '["text"]'),
  })
  .register(apiSchemas, { id: 'ChatRequest' });

export interface ChatRequest extends Omit<z.output<typeof chatSchema>, 'messages'> {
  messages: Message[];
  /** null where the answer cannot call functions. */
  toolUse: ToolUse | null;
}

/** @throws OpenAiError that names the field that is wrong or not supported */
export function readChatRequest(body: unknown): ChatRequest {
  const { messages, ...request } = readRequest(chatSchema, body);
  if (request.top_logprobs !== undefined && !request.logprobs) {
    throw invalidRequest('top_logprobs needs logprobs: true', 'top_logprobs');
  }
  checkPromptLogProbs(request);
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
  const toolUse = readToolUse(request);
  const structure = requestedStructure(request);
  if (toolUse?.forced && structure)
    throw invalidRequest(
      `tool_choice and ${structure.field} both give the answer a structure; send one of them`,
      'tool_choice',
    );
  return {
    ...request,
    toolUse,
    max_tokens: request.max_completion_tokens ?? request.max_tokens,
    messages: readMessages(messages, toolUse?.tools ?? []),
  };
}
