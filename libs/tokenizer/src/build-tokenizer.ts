import { PRE_TOKEN } from './learn-merges';
import type { TokenizerFiles } from './tokenizer';

export interface TokenizerOptions {
  /** Merges in order of priority (`learnMerges`). Without merges, each character is one token. */
  merges?: readonly (readonly [string, string])[];
  /** Further special tokens, after the standard ones. */
  specialTokens?: readonly string[];
}

/** In the order of their ids, from 0. */
export const BASE_SPECIAL_TOKENS = [
  '<pad>',
  '<unk>',
  '<s>',
  '</s>',
  '<|system|>',
  '<|user|>',
  '<|assistant|>',
] as const;

/** One token begins each turn and EOS ends it: the shortest template, for short sequences. */
const CHAT_TEMPLATE =
  "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] }}" +
  "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/**
 * Builds a BPE tokenizer in Hugging Face's format for small models that are trained from scratch: one token for each
 * character and for each merge. A character outside the set becomes one `<unk>`. Ids do not depend on the order of the
 * characters.
 * @throws Error when the set is empty or contains a string longer than one character
 */
export function buildTokenizer(characters: Iterable<string>, options: TokenizerOptions = {}): TokenizerFiles {
  const sorted = [...new Set(characters)].sort((a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0));
  const wrong = sorted.find((character) => [...character].length !== 1);
  if (sorted.length === 0 || wrong !== undefined) {
    throw new Error(
      `buildTokenizer: ${wrong === undefined ? 'the set is empty' : `${JSON.stringify(wrong)} is not one character`}; ` +
        'expected single characters, for example "abc 你好".',
    );
  }
  const special = [...new Set([...BASE_SPECIAL_TOKENS, ...(options.specialTokens ?? [])])];
  const merges = options.merges ?? [];
  const merged = new Set(merges.map((pair) => pair.join('')));
  const vocab = Object.fromEntries([...special, ...sorted, ...merged].map((token, id) => [token, id]));
  const tokenizerJson = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'Split', pattern: { Regex: PRE_TOKEN }, behavior: 'Isolated', invert: false },
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
  const tokenizerConfig = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: '<s>',
    eos_token: '</s>',
    unk_token: '<unk>',
    pad_token: '<pad>',
    clean_up_tokenization_spaces: false,
    chat_template: CHAT_TEMPLATE,
  };
  return { tokenizerJson: JSON.stringify(tokenizerJson), tokenizerConfig };
}
