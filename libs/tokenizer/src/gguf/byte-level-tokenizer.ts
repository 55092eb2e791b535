import { byteLevelModel } from '../byte-level-model';
import { type GgufMetadata, required } from './gguf-metadata';
import type { Vocabulary } from './vocabulary';

export interface PreTokenizer {
  steps: Record<string, unknown>[];
  normalizer: Record<string, unknown> | null;
  /** Never split a word that is a token (LLaMA 3). */
  ignoreMerges: boolean;
  addsBos: boolean;
}

const byteLevel = (use_regex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex,
});

const split = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });

/** LLaMA 3 and Qwen 2 differ only in how they split digits. */
const words = (digits: string) =>
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" +
  `${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

const GPT2: PreTokenizer = {
  steps: [byteLevel(true)],
  normalizer: null,
  ignoreMerges: false,
  addsBos: false,
};
const LLAMA3: PreTokenizer = {
  steps: [split(words('\\p{N}{1,3}')), byteLevel(false)],
  normalizer: null,
  ignoreMerges: true,
  addsBos: true,
};

/** What llama.cpp does with files of before April 2024, which do not say how their model splits text. */
const UNKNOWN: PreTokenizer = {
  steps: [
    split('[\\p{P}\\$\\+<=>\\^~\\|]+'),
    split("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)"),
    split('\\p{N}+'),
    split('[0-9][0-9][0-9]'),
    byteLevel(false),
  ],
  normalizer: null,
  ignoreMerges: false,
  addsBos: false,
};

/** The steps of each model's own tokenizer.json, by the pre-tokenizer's name in llama.cpp. */
export const PRE_TOKENIZERS: Readonly<Record<string, PreTokenizer>> = {
  'gpt-2': GPT2,
  default: UNKNOWN,
  smollm: { ...GPT2, steps: [{ type: 'Digits', individual_digits: true }, byteLevel(true)] },
  'llama-bpe': LLAMA3,
  llama3: LLAMA3,
  'llama-v3': LLAMA3,
  qwen2: {
    steps: [split(words('\\p{N}')), byteLevel(false)],
    normalizer: { type: 'NFC' },
    ignoreMerges: false,
    addsBos: false,
  },
};

export interface ModelParts {
  normalizer: unknown;
  pre_tokenizer: unknown;
  decoder: unknown;
  model: Record<string, unknown>;
  /** Whether texts begin with the BOS token when the metadata do not say. */
  addsBos: boolean;
  /** Runs before the BOS and EOS tokens are added. */
  postProcessor: Record<string, unknown> | null;
}

/** The byte-level BPE of GPT-2 and its successors (`tokenizer.ggml.model` = gpt2). */
export function byteLevelTokenizer(metadata: GgufMetadata, { ids }: Vocabulary): ModelParts {
  const pre = preTokenizer(metadata);
  const merges = required(metadata, 'tokenizer.ggml.merges', metadata.strings('tokenizer.ggml.merges'));
  return {
    normalizer: pre.normalizer,
    pre_tokenizer: pre.steps.length === 1 ? pre.steps[0] : { type: 'Sequence', pretokenizers: pre.steps },
    decoder: byteLevel(true),
    model: byteLevelModel(
      Object.fromEntries(ids),
      merges.map((merge) => splitMerge(merge, metadata.where)),
      pre.ignoreMerges,
    ),
    addsBos: pre.addsBos,
    postProcessor: { ...byteLevel(true), trim_offsets: false },
  };
}

function preTokenizer(metadata: GgufMetadata): PreTokenizer {
  const name = metadata.string('tokenizer.ggml.pre') ?? 'default';
  if (!Object.hasOwn(PRE_TOKENIZERS, name))
    throw new Error(
      `${metadata.where}: the pre-tokenizer "${name}" is not supported; supported: ${Object.keys(PRE_TOKENIZERS).join(', ')}`,
    );
  return PRE_TOKENIZERS[name];
}

function splitMerge(merge: string, where: string): [string, string] {
  const space = merge.indexOf(' ', 1);
  if (space < 0)
    throw new Error(`${where}: merge ${JSON.stringify(merge)} is not two tokens with a space between`);
  return [merge.slice(0, space), merge.slice(space + 1)];
}
