import { readFileSync } from 'node:fs';
import type { Message } from '@open-chatgpt/tokenizer';
import { UsageError } from '../exit-codes';

const ROLES = ['system', 'user', 'assistant'];

/** A prompt, as given and as a conversation. */
export interface Prompt {
  given: string | Message[];
  messages: Message[];
}

export function promptOf(text: string, system?: string): Prompt {
  return { given: text, messages: withSystem([{ role: 'user', content: text }], system) };
}

/**
 * Reads prompts from JSON Lines: `{"prompt": "…"}`, `{"messages": [{"role", "content"}, …]}` or a string in quotes.
 * @throws UsageError that names the line
 */
export function readPrompts(path: string, system?: string): Prompt[] {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new UsageError(`--prompts ${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const prompts = text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const problem = (found: string) =>
      new UsageError(
        `${path}:${i + 1}: ${found}; expected {"prompt": "…"}, {"messages": [{"role": …, "content": …}]} or a string in quotes`,
      );
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw problem(`not JSON: ${line.slice(0, 40)}`);
    }
    const { prompt, messages } = (
      typeof value === 'object' && value !== null ? value : { prompt: value }
    ) as Record<string, unknown>;
    if (typeof prompt === 'string') return [promptOf(prompt, system)];
    if (!isConversation(messages)) throw problem('found neither a prompt nor messages');
    return [{ given: messages, messages: withSystem(messages, system) }];
  });
  if (prompts.length === 0) throw new UsageError(`--prompts ${path}: the file has no prompts`);
  return prompts;
}

function withSystem(messages: Message[], system?: string): Message[] {
  return system === undefined || messages[0].role === 'system'
    ? messages
    : [{ role: 'system', content: system }, ...messages];
}

function isConversation(value: unknown): value is Message[] {
  const isMessage = (one: unknown) =>
    typeof one === 'object' &&
    one !== null &&
    ROLES.includes((one as Message).role) &&
    typeof (one as Message).content === 'string';
  return Array.isArray(value) && value.length > 0 && value.every(isMessage);
}
