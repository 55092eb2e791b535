import type { Message } from './message';

/** Replaces the text of special tokens by stand-ins that survive a template, and knows how to put it back. */
export interface ChatEscape {
  escape(messages: readonly Message[]): Message[];
  unescape(text: string): string;
  /** The stretches between the special tokens that the template wrote, and those tokens. */
  split(rendered: string): { text: string; special: boolean }[];
}

const OPEN = '\uE000';
const CLOSE = '\uE001';
const STAND_IN = /\uE000(\d+)\uE001/g;

/**
 * What is inside a message is text, whatever it spells: `</s>` in a question must not end it. So special tokens in contents
 * become stand-ins before the template is rendered; afterwards every special token in sight is the template's own.
 */
export function createChatEscape(specialTokens: readonly string[]): ChatEscape {
  const { special, unsafe } = patternsOf(specialTokens);
  const originals: string[] = [];
  const standIn = (original: string) => {
    const known = originals.indexOf(original);
    return `${OPEN}${known === -1 ? originals.push(original) - 1 : known}${CLOSE}`;
  };
  const escapeText = (text: string) => text.replace(unsafe, standIn);

  return {
    escape: (messages) =>
      messages.map((message) => ({
        role: message.role,
        content: escapeText(message.content),
        ...(message.parts && {
          parts: {
            instruction: escapeText(message.parts.instruction),
            input: escapeText(message.parts.input),
          },
        }),
      })),
    unescape: (text) => text.replace(STAND_IN, (_, index) => originals[Number(index)]),
    split(rendered) {
      if (special === null) return [{ text: rendered, special: false }];
      const pieces: { text: string; special: boolean }[] = [];
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

interface Patterns {
  special: RegExp | null;
  unsafe: RegExp;
}

/** By the list, which a tokenizer has once: each conversation needs an escape of its own, and patterns take long to make. */
const patterns = new WeakMap<readonly string[], Patterns>();

function patternsOf(specialTokens: readonly string[]): Patterns {
  const known = patterns.get(specialTokens);
  if (known) return known;
  const longestFirst = [...specialTokens].sort((a, b) => b.length - a.length).map(escapeRegExp);
  const special = longestFirst.length === 0 ? null : new RegExp(longestFirst.join('|'), 'g');
  // A stand-in's first character in the original text is replaced too, so that nothing can be mistaken for one.
  const made = { special, unsafe: new RegExp([...longestFirst, OPEN].join('|'), 'g') };
  patterns.set(specialTokens, made);
  return made;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
