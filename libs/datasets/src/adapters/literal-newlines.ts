import type { Repaired } from './repair';

const LITERAL = /\\n/g;
/** A backslash that is not that of a literal line end belongs to LaTeX, a path or a program. */
const OTHER_BACKSLASH = /\\(?!n)/;
/** Before: the quotation mark of a program, the drive of a path, a backslash. Behind: a letter (\nabla), a quantifier, a closing mark. */
const PROGRAM_TEXT = /["'`\\]\\n|(?<![A-Za-z])[A-Za-z]:\\n|\\n[A-Za-z"'`+*?{)\]]/;

/**
 * Converts literal backslash-n, as in a dataset that was escaped twice, to line ends. A text stays as it is where it looks like
 * LaTeX, a path or a program.
 */
export function withLineEnds(text: string, repaired?: Repaired): string {
  if (!text.includes('\\n') || OTHER_BACKSLASH.test(text) || PROGRAM_TEXT.test(text)) return text;
  const repairedText = text.replace(LITERAL, '\n');
  repaired?.('literalLineEnds', text, repairedText);
  return repairedText;
}
