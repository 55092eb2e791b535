import type { TokenizerFiles } from './tokenizer';

export interface CharTokenizerOptions {
  /** Further special tokens, after the standard ones. */
  specialTokens?: readonly string[];
}

/** In the order of their ids, from 0. */
export const CHAR_SPECIAL_TOKENS = [
  '<pad>',
  '<unk>',
  '<s>',
  '</s>',
  '<|system|>',
  '<|user|>',
  '<|assistant|>',
] as const;

/** One token for each turn's beginning, EOS after each turn: the shortest frame, for short sequences. */
const CHAT_TEMPLATE =
  "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] }}" +
  "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/**
 * A tokenizer with one token for each character, in Hugging Face's format (BPE without merges), for small models that
 * learn from scratch. A character outside the set becomes one `<unk>`. Ids do not depend on the characters' order.
 * Throws when the set is empty or holds a string longer than one character.
 */
export function buildCharTokenizer(
  characters: Iterable<string>,
  options: CharTokenizerOptions = {},
): TokenizerFiles {
  const sorted = [...new Set(characters)].sort((a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0));
  const wrong = sorted.find((character) => [...character].length !== 1);
  if (sorted.length === 0 || wrong !== undefined) {
    throw new Error(
      `buildCharTokenizer: ${wrong === undefined ? 'the set is empty' : `${JSON.stringify(wrong)} is not one character`}; ` +
        'expected single characters, for example "abc 你好".',
    );
  }
  const special = [...new Set([...CHAR_SPECIAL_TOKENS, ...(options.specialTokens ?? [])])];
  const vocab = Object.fromEntries([...special, ...sorted].map((token, id) => [token, id]));
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
    pre_tokenizer: null,
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
      merges: [],
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
