import type { Message } from './message';

type Jinja = typeof import('@huggingface/jinja', { with: { 'resolution-mode': 'import' }});

export interface RenderChatOptions {
  addGenerationPrompt: boolean;
  bosToken: string | null;
  eosToken: string | null;
}

const compiled = new Map<string, InstanceType<Jinja['Template']>>();

/**
 * Renders a model's own Jinja chat template with Hugging Face's variables.
 * @throws Error with the template's message when it rejects the conversation (roles that do not alternate, a system turn)
 */
export function renderChat(
  template: string,
  messages: readonly Message[],
  options: RenderChatOptions,
): string {
  try {
    return compile(template).render({
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: options.addGenerationPrompt,
      bos_token: options.bosToken ?? '',
      eos_token: options.eosToken ?? '',
      tools: null,
      documents: null,
    });
  } catch (error) {
    const roles = messages.map((message) => message.role).join(', ');
    throw new Error(
      `chat template: it rejects the conversation (${roles || 'no messages'}): ${(error as Error).message}. ` +
        'Change the turns to what the model expects, or choose a named template: alpaca, vicuna, chatml, llama2.',
    );
  }
}

function compile(template: string): InstanceType<Jinja['Template']> {
  let parsed = compiled.get(template);
  if (!parsed) {
    const { Template } = require('@huggingface/jinja') as Jinja;
    parsed = new Template(template);
    compiled.set(template, parsed);
  }
  return parsed;
}
