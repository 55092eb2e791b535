import type { Backend } from './backend';
import { openNative } from './native-backend';
import { openPure } from './pure-backend';

export type BackendKind = 'native' | 'pure';

let warned = false;

/**
 * The native library, or the pure one (slower, same ids) when no binary fits this platform. `OPEN_CHATGPT_TOKENIZER=pure` or
 * `native` overrides the choice. @throws the library's error for an invalid file
 */
export function chooseBackend(
  choice = process.env['OPEN_CHATGPT_TOKENIZER'],
  warn: (text: string) => void = console.warn,
): { kind: BackendKind; open: (tokenizerJson: string) => Backend } {
  if (choice && choice !== 'native' && choice !== 'pure') {
    throw new Error(`tokenizer: OPEN_CHATGPT_TOKENIZER is "${choice}"; expected "native" or "pure".`);
  }
  if (choice === 'pure') return { kind: 'pure', open: openPure };
  try {
    return { kind: 'native', open: openNative() };
  } catch (error) {
    if (choice === 'native') {
      throw new Error(
        `tokenizer: the native library does not load on ${process.platform}-${process.arch}: ` +
          `${(error as Error).message}. Unset OPEN_CHATGPT_TOKENIZER to use the pure one.`,
      );
    }
    if (!warned) {
      warned = true;
      warn(
        `tokenizer: no native library for ${process.platform}-${process.arch}; using the pure one (2–12 times ` +
          'slower, the same tokens). Set OPEN_CHATGPT_TOKENIZER=pure to silence this.',
      );
    }
    return { kind: 'pure', open: openPure };
  }
}
