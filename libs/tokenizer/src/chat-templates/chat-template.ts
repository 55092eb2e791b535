import type { Message } from '../message';
import type { TextSpan } from './generation-blocks';

export interface RenderOptions {
  /** End with the prefix of the assistant's next answer. */
  addGenerationPrompt: boolean;
  /** More variables of a Jinja template, such as `enable_thinking`. Named templates have none. */
  variables?: Readonly<Record<string, unknown>>;
}

/** Converts a conversation to the text that a model reads. */
export interface ChatTemplate {
  name: string;
  render(messages: readonly Message[], options: RenderOptions): string;
  /** The same rule as a Jinja template for tokenizer_config.json, which ignores the `parts` of a message. */
  jinja: string;
  /** Texts that end the assistant's turn, besides the tokenizer's EOS. */
  stop: string[];
  /** What the template mostly renders after the last answer of a conversation. Missing: it is found for each answer. */
  answerTail?: string;
  /** The text of a conversation and its `{% generation %}` blocks, which hold what is learned. Missing: the template has none. */
  renderBlocks?(messages: readonly Message[]): { text: string; blocks: TextSpan[] };
  /** EOS, and the texts of `stop` that are single tokens. */
  stopTokenIds: number[];
}

/** A chat template does not render a conversation. Errors of a tokenizer are others. */
export class ChatTemplateError extends Error {}

/** @throws ChatTemplateError with the message of the template */
export function renderMessages(
  template: ChatTemplate,
  messages: readonly Message[],
  options: RenderOptions,
): string {
  try {
    return template.render(messages, options);
  } catch (error) {
    throw new ChatTemplateError((error as Error).message, { cause: error });
  }
}

/** The tokens of the tokenizer that a named template uses. */
export interface Delimiters {
  /** Empty when the tokenizer does not add it. */
  bos: string;
  eos: string;
}

/** A template without the tokenizer's ids. */
export interface TemplateRule {
  stop: string[];
  answerTail: string;
  renderBlocks?: ChatTemplate['renderBlocks'];
  jinja: string;
  render(messages: readonly Message[], options: RenderOptions): string;
}

/** Separates the leading system turn. @throws Error for a later system turn, which no named template supports */
export function splitSystem(messages: readonly Message[], template: string) {
  const system = messages[0]?.role === 'system' ? messages[0].content : null;
  const turns = system === null ? messages : messages.slice(1);
  if (turns.some((turn) => turn.role === 'system')) {
    throw new Error(
      `chat template ${template}: a system message after the first turn is not supported; it must be the first message.`,
    );
  }
  return { system, turns };
}
