import type { Rng } from '@open-chatgpt/random';
import { GrammarVocabulary, type TokenGrammar } from '../token-grammar';

/** Tokens of one byte each, and of texts as they occur in JSON. */
export function jsonVocabulary(): GrammarVocabulary {
  const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
  const longer = [
    '{"',
    '":',
    '": ',
    '", "',
    '"}',
    '"]',
    ' ["',
    '},',
    '{}',
    '[]',
    'true',
    'tr',
    'false',
    'null',
    '12',
    '.5',
  ];
  const words = [' the', 'name', 'kin', 'é', 'ö', '\n  ', '\\"', '\\u00', '"a"', '好'].map((word) =>
    Buffer.from(word).toString('latin1'),
  );
  // The last token is the end of the answer.
  const all = [...bytes, ...longer, ...words, null];
  return new GrammarVocabulary(all, all.length);
}

/** After this many tokens a text is led to its end, as a model would. */
const LONG = 40;

/**
 * The text of random allowed tokens, as a model with random logits writes it.
 * @returns null where it has more than `most` tokens
 */
export function randomText(
  grammar: TokenGrammar,
  vocabulary: GrammarVocabulary,
  rng: Rng,
  most = 2000,
): string | null {
  const end = vocabulary.bytes.length - 1;
  const matcher = grammar.matcher([end]);
  const parts: Buffer[] = [];
  const closing = new Set(['"', '}', ']', 'n', '0', 'Z', '/'].map((text) => text.charCodeAt(0)));
  for (let count = 0; count < most; count++) {
    const mask = matcher.allowed();
    const allowed: number[] = [];
    for (let token = 0; token <= end; token++)
      if ((mask[token >>> 5] >>> (token & 31)) & 1) allowed.push(token);
    if (allowed.length === 0) throw new Error('no token is allowed');
    const last = allowed.filter((token) => closing.has(token) || token === end);
    const from = count > LONG && last.length > 0 && rng.next() < 0.8 ? last : allowed;
    const token = from[Math.floor(rng.next() * from.length)];
    if (token !== end) parts.push(Buffer.from(vocabulary.bytes[token] as string, 'latin1'));
    if (matcher.accept(token)) return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
  }
  return null;
}

/** Whether a text is one of the grammar, read byte by byte. */
export function accepts(grammar: TokenGrammar, vocabulary: GrammarVocabulary, text: string): boolean {
  const end = vocabulary.bytes.length - 1;
  const matcher = grammar.matcher([end]);
  const isAllowed = (token: number) => ((matcher.allowed()[token >>> 5] >>> (token & 31)) & 1) === 1;
  for (const byte of Buffer.from(text)) {
    if (!isAllowed(byte)) return false;
    matcher.accept(byte);
  }
  return isAllowed(end);
}
