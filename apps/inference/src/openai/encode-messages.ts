import { ChatTemplateError, encodeChat, encodeContinuation } from '@open-chatgpt/tokenizer';
import type { ServedText } from '../models/loaded-model';
import type { ChatRequest } from './chat-request';
import { invalidRequest } from './openai-error';

/**
 * The tokens of a chat request.
 * @throws OpenAiError when the model has no chat template, or its template refuses the messages
 */
export async function encodeMessages(
  { name, tokenizer, template, maxLength: mostTokens }: ServedText,
  {
    messages,
    continue_final_message: continues,
    add_generation_prompt: addGenerationPrompt = true,
  }: Pick<ChatRequest, 'messages' | 'continue_final_message' | 'add_generation_prompt'>,
): Promise<number[]> {
  if (!template) {
    throw invalidRequest(
      `the model "${name}" has no chat template and can only continue text: use /v1/completions, or configure a template`,
      'model',
    );
  }
  try {
    return continues
      ? await encodeContinuation(tokenizer, template, messages, { mostTokens })
      : await encodeChat(tokenizer, template, messages, { addGenerationPrompt, mostTokens });
  } catch (error) {
    if (!(error instanceof ChatTemplateError)) throw error;
    throw invalidRequest(error.message, 'messages');
  }
}
