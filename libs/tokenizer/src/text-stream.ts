import type { DecodeOptions, Tokenizer } from './tokenizer';

/** Turns tokens into text while they arrive. */
export interface TextStream {
  /** The text that is certain after this token: empty while a character is still incomplete. */
  push(id: number): Promise<string>;
  /** What was held back, at the end of the stream (an incomplete character shows as U+FFFD). */
  flush(): Promise<string>;
}

const INCOMPLETE = '\uFFFD';

/**
 * Decodes a window of recent tokens and emits what the newest ones added. The window starts one emission back, because
 * the first token of a decoded text can lose its space; this is how Hugging Face's text-generation-inference does it.
 */
export function createTextStream(
  tokenizer: Pick<Tokenizer, 'decode'>,
  options: DecodeOptions = { skipSpecialTokens: true },
): TextStream {
  let ids: number[] = [];
  let emitted = 0;

  const advance = async (final: boolean): Promise<string> => {
    const before = await tokenizer.decode(ids.slice(0, emitted), options);
    const now = await tokenizer.decode(ids, options);
    const added = now.slice(before.length);
    if (added === '' || (!final && now.endsWith(INCOMPLETE))) return '';
    ids = ids.slice(emitted);
    emitted = ids.length;
    return added;
  };

  return {
    push(id) {
      ids.push(id);
      return advance(false);
    },
    flush: () => advance(true),
  };
}
