import type { ChatTemplate } from '@open-chatgpt/tokenizer';

/** How a model writes calls of functions, as its chat template shows it. */
export interface CallForm {
  /** The texts around each call; empty where a call is bare JSON. */
  open: string;
  close: string;
  /** The name of the field with the arguments. */
  argumentsField: 'arguments' | 'parameters';
}

/** Hermes and Qwen write `<tool_call>` around a call. Llama 3 and Mistral write JSON; forced calls do not need Mistral's `[TOOL_CALLS]` before it. */
export function callForm({ jinja }: Pick<ChatTemplate, 'jinja'>): CallForm {
  if (jinja.includes('<tool_call>'))
    return { open: '<tool_call>\n', close: '\n</tool_call>', argumentsField: 'arguments' };
  const argumentsField = jinja.includes('"parameters": ') ? 'parameters' : 'arguments';
  return { open: '', close: '', argumentsField };
}
