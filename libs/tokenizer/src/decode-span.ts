import type { Tokenizer } from './tokenizer';

/**
 * The text of the tokens `[start, end)` within `ids`. Some decoders drop the blank at the beginning of a text (SentencePiece), which
 * within a text is part of it.
 */
export async function decodeSpan(
  tokenizer: Pick<Tokenizer, 'decode'>,
  ids: ArrayLike<number>,
  start: number,
  end: number,
): Promise<string> {
  const list = Array.from(ids).slice(Math.max(0, start - 1), end);
  const before = start === 0 ? '' : await tokenizer.decode(list.slice(0, 1));
  const text = await tokenizer.decode(list);
  return text.startsWith(before) ? text.slice(before.length) : tokenizer.decode(list.slice(1));
}
