import {
  ChatTemplateError,
  encodeChat,
  encodeContinuation,
  TextTooLong,
  toolsRefusal,
} from '@open-chatgpt/tokenizer';
import type { ServedText } from '../models/loaded-model';
import type { ChatRequest } from './chat-request';
import { contextExceeded, invalidRequest } from './openai-error';
import { checkVariables } from './template-fields';

type EncodedFields = Pick<
  ChatRequest,
  'messages' | 'continue_final_message' | 'add_generation_prompt' | 'toolUse' | 'chat_template_kwargs'
>;

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
    toolUse,
    chat_template_kwargs: variables,
  }: EncodedFields,
): Promise<number[]> {
  if (!template) {
    throw invalidRequest(
      `the model "${name}" has no chat template and can only continue text: use /v1/completions, or configure a template`,
      'model',
    );
  }
  if (variables) checkVariables(template, variables);
  // A call that is forced has the right form also where the template does not describe the functions.
  const needed = toolUse?.forced ? messages.map((message) => ({ ...message, tools: undefined })) : messages;
  const refusal = toolsRefusal(template, needed);
  if (refusal) throw invalidRequest(refusal, toolUse ? 'tools' : 'messages');
  try {
    return continues
      ? await encodeContinuation(tokenizer, template, messages, { variables, mostTokens })
      : await encodeChat(tokenizer, template, messages, { addGenerationPrompt, variables, mostTokens });
  } catch (error) {
    if (error instanceof TextTooLong) throw contextExceeded('messages', error.message);
    if (!(error instanceof ChatTemplateError)) throw error;
    throw invalidRequest(error.message, 'messages');
  }
}
