import type { TokenizerJson } from './tokenizer-json';

/** Quantifiers without an upper bound in one alternative. Those of public tokenizers have two at most. */
const MOST_UNBOUNDED = 2;

/**
 * Checks the regular expressions of a tokenizer.json. The library searches with backtracking, and ends the process after ten million steps:
 * `(a+)+$` takes so many for thirty letters.
 *
 * @throws Error that names the expression
 */
export function checkPatterns({ normalizer, pre_tokenizer, decoder }: TokenizerJson): void {
  for (const pattern of patternsIn([normalizer, pre_tokenizer, decoder])) {
    const problem = problemOf(pattern);
    if (problem !== null)
      throw new Error(
        `tokenizer.json: the pattern ${JSON.stringify(pattern.slice(0, 60))} has ${problem}, which can take very long; ` +
          'write it without, or use the tokenizer of another model.',
      );
  }
}

function patternsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    name === 'Regex' && typeof one === 'string' ? [one] : patternsIn(one),
  );
}

function problemOf(pattern: string): string | null {
  let depth = 0;
  let unbounded = 0;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === '\\') {
      at++;
      if (/[1-9kg]/.test(pattern[at] ?? '')) return 'a reference to a group';
    } else if (character === '[') at = endOfClass(pattern, at);
    else if (character === '(') depth++;
    else if (character === ')') {
      depth--;
      if ('*+{'.includes(pattern[at + 1] ?? ' ')) return 'a group that is repeated';
    } else if (character === '|' && depth === 0) unbounded = 0;
    else if (
      character === '*' ||
      (character === '+' && !'*+?}'.includes(pattern[at - 1])) ||
      isOpenRange(pattern, at)
    )
      unbounded++;
    if (unbounded > MOST_UNBOUNDED) return `more than ${MOST_UNBOUNDED} repetitions in a row`;
  }
  return null;
}

const isOpenRange = (pattern: string, at: number) => pattern[at] === '}' && pattern[at - 1] === ',';

/** The place of the bracket that ends a class, which may have classes in it. */
function endOfClass(pattern: string, from: number): number {
  let depth = 0;
  for (let at = from; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern[at] === '[') depth++;
    else if (pattern[at] === ']' && --depth === 0) return at;
  }
  return pattern.length;
}
