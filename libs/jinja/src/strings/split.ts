import { runtimeError } from '../errors';
import { isSpace, SPACE, trimEnd, trimStart } from '../lexer/characters';
import type { Runtime } from '../runtime';

// biome-ignore lint/suspicious/noControlCharactersInRegex: Python ends lines at these characters too
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;
/** Finding a part takes as long as reading so many characters. */
const COUNTED = 10;
// Linear time: a match ends where the next search begins.
const WORD = new RegExp(`[^${SPACE}]+`, 'g');

/**
 * `text.split(separator, limit)`; without a separator at runs of white space. A negative limit is none.
 * @param longest more parts than this are not made: the list is too long
 */
export function split(text: string, separator: string | null, limit: number, longest: number): string[] {
  if (separator === null) return splitWords(text, limit);
  if (separator === '') throw runtimeError('empty separator');
  const parts = text.split(separator, longest + 1);
  if (limit < 0 || parts.length > longest || parts.length <= limit + 1) return parts;
  return [...parts.slice(0, limit), parts.slice(limit).join(separator)];
}

/** The same from the right. */
export function splitRight(text: string, separator: string | null, limit: number, longest: number): string[] {
  if (separator === null) return splitWordsRight(text, limit);
  if (separator === '') throw runtimeError('empty separator');
  const parts: string[] = [];
  let end = text.length;
  while ((limit < 0 || parts.length < limit) && parts.length <= longest) {
    const index = end < separator.length ? -1 : text.lastIndexOf(separator, end - separator.length);
    if (index < 0) break;
    parts.push(text.slice(index + separator.length, end));
    end = index;
  }
  parts.push(text.slice(0, end));
  return parts.reverse();
}

function splitWords(text: string, limit: number): string[] {
  if (limit < 0) return text.match(WORD) ?? [];
  const words: string[] = [];
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (words.length === limit) return [...words, text.slice(index)];
    words.push(word);
  }
  return words;
}

function splitWordsRight(text: string, limit: number): string[] {
  if (limit < 0) return splitWords(text, limit);
  const words: string[] = [];
  let rest = trimEnd(text);
  while (rest !== '' && words.length < limit) {
    let start = rest.length;
    while (start > 0 && !isSpace(rest[start - 1])) start--;
    words.push(rest.slice(start));
    rest = trimEnd(rest.slice(0, start));
  }
  if (rest !== '') words.push(rest);
  return words.reverse();
}

/** `text.splitlines(keepEnds)` */
export function splitLines(text: string, keepEnds: boolean): string[] {
  const lines: string[] = [];
  let start = 0;
  for (const { 0: end, index } of text.matchAll(LINE_END)) {
    lines.push(text.slice(start, keepEnds ? index + end.length : index));
    start = index + end.length;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/** Drops characters of a set (code points; null: white space) at the ends. */
export function strip(text: string, characters: string | null, side: 'both' | 'left' | 'right'): string {
  if (characters === null) {
    const left = side === 'right' ? text : trimStart(text);
    return side === 'left' ? left : trimEnd(left);
  }
  const set = new Set(characters);
  let [start, end] = [0, text.length];
  while (side !== 'right' && start < end) {
    const first = String.fromCodePoint(text.codePointAt(start) as number);
    if (!set.has(first)) break;
    start += first.length;
  }
  while (side !== 'left' && start < end) {
    const pair = end - start > 1 ? text.slice(end - 2, end) : '';
    const last =
      pair.codePointAt(0) === undefined || (pair.codePointAt(0) as number) < 0x10000 ? text[end - 1] : pair;
    if (!set.has(last)) break;
    end -= last.length;
  }
  return text.slice(start, end);
}

/** How often a part occurs in a text; the empty one before each character and at the end. */
export function countOf(text: string, part: string, { budget }: Runtime): number {
  if (part === '') return text.length + 1;
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) {
    budget.use(COUNTED);
    count++;
  }
  return count;
}

/** `text.replace(old, new, limit)`; the empty string is found before each code point and at the end. */
export function replace(text: string, from: string, to: string, limit: number): string {
  if (limit < 0 && from !== '') return text.split(from).join(to);
  const parts = from === '' ? ['', ...Array.from(text), ''] : text.split(from);
  const count = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1);
  return (
    parts.slice(0, count + 1).join(to) +
    parts
      .slice(count + 1)
      .map((part) => from + part)
      .join('')
  );
}
