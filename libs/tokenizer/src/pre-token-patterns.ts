import { PRE_TOKEN } from './learn-merges';
import type { TokenizerJson } from './tokenizer-json';

type PreTokenizer = NonNullable<TokenizerJson['pre_tokenizer']>;

/** White space of Rust's regular expressions. JavaScript's `\s` differs in two characters. */
const S = '\\p{White_Space}';
const WORDS = `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+`;
const SIGNS = `[^${S}\\p{L}\\p{N}]+`;

const GPT2 = `${WORDS}| ?\\p{N}+| ?${SIGNS}|${S}+(?!\\P{White_Space})|${S}+`;
/** Digits are split first, so blanks before a digit are at the end of their segment. */
const SINGLE_DIGITS = `${WORDS}|\\p{N}| ?${SIGNS}|${S}+(?=\\p{N})|${S}+(?!\\P{White_Space})|${S}+`;
/** LLaMA 3 (3 digits) and Qwen 2 (1). `(?i:'s)` also means the long s. */
const modern = (digits: string) =>
  `'(?:[sS\\u017f]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}|` +
  ` ?${SIGNS}[\\r\\n]*|${S}*[\\r\\n]+|${S}+(?!\\P{White_Space})|${S}+`;

const modernRust = (digits: string) =>
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" +
  `${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
/** The same patterns as LLaMA 3 and Qwen 2 write them in their files. */
const MODERN: Record<string, string> = {
  [modernRust('\\p{N}{1,3}')]: modern('\\p{N}{1,3}'),
  [modernRust('\\p{N}')]: modern('\\p{N}'),
};

/**
 * A pattern whose matches are the pre-tokens of a text. Null for an unknown pre-tokenizer, or none. Supports the byte-level
 * pre-tokenizers of GPT-2, SmolLM, LLaMA 3 and Qwen 2, and that of `buildTokenizer`.
 */
export function preTokenPattern({ pre_tokenizer: step }: TokenizerJson): RegExp | null {
  const source = step ? patternOf(stepsOf(step)) : null;
  // Linear time: the patterns of this file, each of which is measured on hostile texts.
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
