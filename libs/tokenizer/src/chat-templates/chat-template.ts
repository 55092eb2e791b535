import type { Message } from '../message';

export interface RenderOptions {
  /** End with what precedes the assistant's next answer. */
  addGenerationPrompt: boolean;
}

/** How a conversation becomes the text that a model reads. */
export interface ChatTemplate {
  name: string;
  render(messages: readonly Message[], options: RenderOptions): string;
  /** The same rule as a Jinja template, for tokenizer_config.json; a message's `parts` are beyond it. */
  jinja: string;
  /** Texts that end the assistant's turn, besides the tokenizer's EOS. */
  stop: string[];
  /** EOS, and those of `stop` that are one token. */
  stopTokenIds: number[];
}

/** What a named template needs to know of the tokenizer. */
export interface Delimiters {
  /** Empty when the tokenizer does not begin texts with it. */
  bos: string;
  eos: string;
}

/** A template's text rule, before the tokenizer's ids are looked up. */
export interface TemplateRule {
  stop: string[];
  jinja: string;
  render(messages: readonly Message[], options: RenderOptions): string;
}

/** Splits the leading system turn off. Throws when a system turn comes later, which no template here can express. */
export function splitSystem(messages: readonly Message[], template: string) {
  const system = messages[0]?.role === 'system' ? messages[0].content : null;
  const turns = system === null ? messages : messages.slice(1);
  if (turns.some((turn) => turn.role === 'system')) {
    throw new Error(
      `chat template ${template}: a system message stands after the first turn; it can only be the first message.`,
    );
  }
  return { system, turns };
}
