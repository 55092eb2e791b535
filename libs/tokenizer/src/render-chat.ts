import { compileTemplate, type Template, TemplateError, type TemplateErrorKind } from '@open-chatgpt/jinja';
import { LRUCache } from 'lru-cache';
import type { RenderOptions } from './chat-templates/chat-template';
import type { Message } from './message';

export interface RenderChatOptions extends RenderOptions {
  bosToken: string | null;
  eosToken: string | null;
}

const compiled = new LRUCache<string, Template>({ max: 100 });

const NAMED = 'choose a named template: alpaca, vicuna, chatml, llama2.';
const CORRECT = `Correct the template ("chat_template" in tokenizer_config.json, or chat_template.jinja), or ${NAMED}`;

/**
 * Renders a model's own Jinja chat template with Hugging Face's variables.
 * @throws Error that says whether the template refuses the conversation (roles that do not alternate, a system turn) or fails
 * itself, with its line
 */
export function renderChat(
  template: string,
  messages: readonly Message[],
  options: RenderChatOptions,
): string {
  try {
    return compile(template).render({
      ...options.variables,
      messages: messages.map(asVariable),
      add_generation_prompt: options.addGenerationPrompt,
      bos_token: options.bosToken ?? '',
      eos_token: options.eosToken ?? '',
      tools: messages[0]?.tools ?? null,
      documents: null,
    });
  } catch (error) {
    if (error instanceof TemplateError) throw new Error(explain(error, messages));
    throw error;
  }
}

/** A message as templates know it. A turn that only calls functions has no content: transformers drops a content that is null. */
function asVariable({
  role,
  content,
  reasoning,
  toolCalls,
  toolCallId,
  name,
}: Message): Record<string, unknown> {
  return {
    role,
    ...(!(toolCalls && content === '') && { content }),
    ...(reasoning !== undefined && { reasoning_content: reasoning }),
    ...(toolCalls && { tool_calls: toolCalls }),
    ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
    ...(name !== undefined && { name }),
  };
}

function compile(template: string): Template {
  const known = compiled.get(template);
  if (known) return known;
  const made = compileTemplate(template);
  compiled.set(template, made);
  return made;
}

const FAILURES: Readonly<Record<Exclude<TemplateErrorKind, 'rejected'>, [what: string, remedy: string]>> = {
  syntax: ['is not valid Jinja', CORRECT],
  runtime: ['fails', CORRECT],
  unsupported: ['uses what is not supported here', `Write the template without it, or ${NAMED}`],
  limit: ['uses too much time or memory', CORRECT],
};

function explain({ kind, reason, line }: TemplateError, messages: readonly Message[]): string {
  const place = line === null ? '' : ` (line ${line})`;
  if (kind !== 'rejected') {
    const [what, remedy] = FAILURES[kind];
    return `the chat template${place} ${what}: ${ended(reason)} ${remedy}`;
  }
  const roles = messages.map((message) => message.role).join(', ') || 'no messages';
  return (
    `the chat template${place} refuses the conversation (${roles}): ${ended(reason)} ` +
    `Change the turns to what the model expects, or ${NAMED}`
  );
}

const ended = (sentence: string) => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`);
