import type { DecodeOptions, Tokenizer } from './tokenizer';

/** Decodes tokens to text while they arrive. */
export interface TextStream {
  /** The new text after this token. Empty while a character is incomplete. */
  push(id: number): Promise<string>;
  /** The text that is held back, at the end of the stream. An incomplete character becomes U+FFFD. */
  flush(): Promise<string>;
}

const INCOMPLETE = '\uFFFD';

/**
 * Decodes a window of recent tokens and emits the text that the newest tokens add. The window starts one emission earlier,
 * because the first token of a decoded text can lose its space (as in Hugging Face's text-generation-inference).
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
