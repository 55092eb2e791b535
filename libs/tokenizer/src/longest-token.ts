import type { JsonStep, TokenizerJson } from './tokenizer-json';

/**
 * Bytes for each token where a tokenizer drops text without a token: blanks, or a run of unknown characters. It has no bound then;
 * a text with fewer tokens than this is far from any that is written or generated.
 */
const BYTES_WHERE_TEXT_IS_DROPPED = 1024;

/** How much shorter a normalizer can make a text, in bytes of UTF-8: three Hangul letters become one, `𝟏` becomes `1`. */
const SHRINKS: Readonly<Record<string, number>> = { NFC: 3, NFD: 1, NFKC: 4, NFKD: 4, Lowercase: 3 };

/**
 * The most bytes of text, in UTF-8, that one token stands for. A text has at least its bytes divided by this many tokens, so one
 * that is far too long is refused before anything is spent on it.
 */
export function longestTokenBytes(json: TokenizerJson): number {
  const { added_tokens: added = [], model, normalizer, pre_tokenizer: split } = json;
  const pieces = Array.isArray(model.vocab) ? model.vocab.map(([piece]) => piece) : Object.keys(model.vocab);
  const isByteLevel = stepsOf(split).some(({ type }) => type === 'ByteLevel');
  // A character of a byte-level token stands for a byte, and `▁` for a blank. An unknown character is one token.
  let longest = 4;
  for (const piece of pieces)
    longest = Math.max(longest, isByteLevel ? piece.length : Buffer.byteLength(piece));
  for (const { content } of added) longest = Math.max(longest, Buffer.byteLength(content));
  const shrinking = stepsOf(normalizer).reduce((factor, step) => factor * shrinkingOf(step), 1);
  const dropsText =
    model.type !== 'BPE' ||
    !(isByteLevel || model.byte_fallback || (model.unk_token && !model.fuse_unk)) ||
    added.some(({ lstrip, rstrip }) => lstrip || rstrip) ||
    stepsOf(split).some(drops);
  const bound = longest * shrinking;
  return dropsText || !Number.isFinite(bound) ? Math.max(longest, BYTES_WHERE_TEXT_IS_DROPPED) : bound;
}

/** The steps of a normalizer or a pre-tokenizer, which may be a sequence. */
function stepsOf(step: JsonStep | null | undefined): JsonStep[] {
  if (!step) return [];
  if (step.type !== 'Sequence') return [step];
  const inner = (step['normalizers'] ?? step['pretokenizers'] ?? []) as JsonStep[];
  return inner.flatMap(stepsOf);
}

function shrinkingOf(step: JsonStep): number {
  if (step.type === 'Prepend') return 1;
  if (step.type !== 'Replace') return SHRINKS[step.type] ?? Number.POSITIVE_INFINITY;
  const { String: replaced } = (step['pattern'] ?? {}) as { String?: unknown };
  const content = step['content'];
  if (typeof replaced !== 'string' || typeof content !== 'string' || content === '')
    return Number.POSITIVE_INFINITY;
  return Math.max(1, Buffer.byteLength(replaced) / Buffer.byteLength(content));
}

/** Whether a step of the pre-tokenizer removes text. */
function drops({ type, behavior }: JsonStep): boolean {
  const keeps = ['ByteLevel', 'Metaspace', 'Digits', 'Punctuation', 'Split'].includes(type);
  return !keeps || behavior === 'Removed';
}
