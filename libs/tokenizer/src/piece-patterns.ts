import { PRE_TOKEN } from './learn-merges';
import type { TokenizerJson } from './tokenizer-json';

type PreTokenizer = NonNullable<TokenizerJson['pre_tokenizer']>;

/** White space as Rust's regular expressions have it; JavaScript's `\s` differs in two characters. */
const S = '\\p{White_Space}';
const WORDS = `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+`;
const SIGNS = `[^${S}\\p{L}\\p{N}]+`;

const GPT2 = `${WORDS}| ?\\p{N}+| ?${SIGNS}|${S}+(?!\\P{White_Space})|${S}+`;
/** Digits are cut out first, so blanks before one stand at the end of their stretch. */
const SINGLE_DIGITS = `${WORDS}|\\p{N}| ?${SIGNS}|${S}+(?=\\p{N})|${S}+(?!\\P{White_Space})|${S}+`;
/** LLaMA 3 (3 digits) and Qwen 2 (1). `(?i:'s)` also means the long s. */
const modern = (digits: string) =>
  `'(?:[sS\\u017f]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}|` +
  ` ?${SIGNS}[\\r\\n]*|${S}*[\\r\\n]+|${S}+(?!\\P{White_Space})|${S}+`;

const modernRust = (digits: string) =>
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" +
  `${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
/** As LLaMA 3 and Qwen 2 write the same in their own files. */
const MODERN: Record<string, string> = {
  [modernRust('\\p{N}{1,3}')]: modern('\\p{N}{1,3}'),
  [modernRust('\\p{N}')]: modern('\\p{N}'),
};

/**
 * The pieces that a tokenizer cuts a text into before it looks for tokens, as a pattern whose matches they are. Null for a
 * tokenizer that is not known here, or does not cut. Known are the byte-level ones of GPT-2, SmolLM, LLaMA 3 and Qwen 2,
 * and those that `buildTokenizer` makes.
 */
export function piecePattern({ pre_tokenizer: step }: TokenizerJson): RegExp | null {
  const source = step ? patternOf(stepsOf(step)) : null;
  return source === null ? null : new RegExp(source, 'gu');
}

function stepsOf(step: PreTokenizer): PreTokenizer[] {
  return step.type === 'Sequence' ? (step['pretokenizers'] as PreTokenizer[]) : [step];
}

function patternOf(steps: readonly PreTokenizer[]): string | null {
  const [first, second] = steps;
  if (steps.length === 1) {
    if (isByteLevel(first, true)) return GPT2;
    return regexOf(first) === PRE_TOKEN ? PRE_TOKEN : null;
  }
  if (steps.length !== 2) return null;
  if (first.type === 'Digits' && first['individual_digits'] === true && isByteLevel(second, true))
    return SINGLE_DIGITS;
  return isByteLevel(second, false) ? (MODERN[regexOf(first) ?? ''] ?? null) : null;
}

function isByteLevel(step: PreTokenizer, useRegex: boolean): boolean {
  return step.type === 'ByteLevel' && !step['add_prefix_space'] && (step['use_regex'] ?? true) === useRegex;
}

function regexOf(step: PreTokenizer): string | null {
  if (step.type !== 'Split' || step['behavior'] !== 'Isolated' || step['invert'] === true) return null;
  return (step['pattern'] as { Regex?: string } | undefined)?.Regex ?? null;
}
