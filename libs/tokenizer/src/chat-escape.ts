import type { Message } from './message';

/** A special token of the template, or the text between two. */
export interface ChatPiece {
  text: string;
  special: boolean;
}

/** Escapes the text of special tokens with placeholders that pass through a template, and restores it. */
export interface ChatEscape {
  escape(messages: readonly Message[]): Message[];
  /** Escapes every text in a JSON value. */
  escapeJson<T>(value: T): T;
  unescape(text: string): string;
  /** Splits rendered text into the template's special tokens and the text between them. */
  split(rendered: string): ChatPiece[];
}

const OPEN = '\uE000';
const CLOSE = '\uE001';
const STAND_IN = /\uE000(\d+)\uE001/g;

/**
 * The content of a message is always text: `</s>` in a question must not end it. Special tokens in contents become
 * placeholders before the template is rendered, so every special token in the rendered text comes from the template.
 */
export function createChatEscape(specialTokens: readonly string[]): ChatEscape {
  const { special, unsafe } = patternsOf(specialTokens);
  const originals: string[] = [];
  const standIn = (original: string) => {
    const known = originals.indexOf(original);
    return `${OPEN}${known === -1 ? originals.push(original) - 1 : known}${CLOSE}`;
  };
  const escapeText = (text: string) => text.replace(unsafe, standIn);
  const escapeJson = <T>(value: T): T => mapTexts(value, escapeText) as T;

  return {
    escape: (messages) =>
      messages.map((message) => ({
        ...message,
        content: escapeText(message.content),
        ...(message.reasoning !== undefined && { reasoning: escapeText(message.reasoning) }),
        ...(message.toolCalls && { toolCalls: escapeJson(message.toolCalls) }),
        ...(message.tools && { tools: escapeJson(message.tools) }),
        ...(message.toolCallId !== undefined && { toolCallId: escapeText(message.toolCallId) }),
        ...(message.name !== undefined && { name: escapeText(message.name) }),
        ...(message.parts && {
          parts: {
            instruction: escapeText(message.parts.instruction),
            input: escapeText(message.parts.input),
          },
        }),
      })),
    escapeJson,
    unescape: (text) => text.replace(STAND_IN, (_, index) => originals[Number(index)]),
    split(rendered) {
      if (rendered === '') return [];
      if (special === null) return [{ text: rendered, special: false }];
      const pieces: ChatPiece[] = [];
      let end = 0;
      for (const match of rendered.matchAll(special)) {
        if (match.index > end) pieces.push({ text: rendered.slice(end, match.index), special: false });
        pieces.push({ text: match[0], special: true });
        end = match.index + match[0].length;
      }
      if (end < rendered.length) pieces.push({ text: rendered.slice(end), special: false });
      return pieces;
    },
  };
}

/** The value with `change` applied to every text in it, names of fields too. */
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [change(name), mapTexts(one, change)]),
  );
}

interface Patterns {
  special: RegExp | null;
  unsafe: RegExp;
}

/** Cached by the list, which is constant for a tokenizer: each conversation needs an escape, and patterns are slow to build. */
const patterns = new WeakMap<readonly string[], Patterns>();

function patternsOf(specialTokens: readonly string[]): Patterns {
  const known = patterns.get(specialTokens);
  if (known) return known;
  // Linear time: a choice of fixed texts.
  const longestFirst = [...specialTokens].sort((a, b) => b.length - a.length).map(escapeRegExp);
  const special = longestFirst.length === 0 ? null : new RegExp(longestFirst.join('|'), 'g');
  // The first character of a placeholder is escaped too when it occurs in the original text, so placeholders are unambiguous.
  const made = { special, unsafe: new RegExp([...longestFirst, OPEN].join('|'), 'g') };
  patterns.set(specialTokens, made);
  return made;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
