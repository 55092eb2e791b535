import { Tokenizer } from 'tokenizers';
import type { GgufMetadata } from './gguf-metadata';
import { ggufTokenizer } from './gguf-tokenizer';

type GgufValue = string | number | boolean | string[] | number[];

function metadata(values: Record<string, GgufValue>): GgufMetadata {
  const get = <T>(key: string) => values[key] as T | undefined;
  return { where: 'm.gguf', number: get, boolean: get, string: get, numbers: get, strings: get };
}

async function encode(values: Record<string, GgufValue>, text: string): Promise<string[]> {
  const tokenizer = Tokenizer.fromString(ggufTokenizer(metadata(values)).tokenizerJson);
  return (await tokenizer.encode(text)).getTokens();
}

async function roundTrip(values: Record<string, GgufValue>, text: string): Promise<string> {
  const tokenizer = Tokenizer.fromString(ggufTokenizer(metadata(values)).tokenizerJson);
  const ids = (await tokenizer.encode(text)).getIds();
  return tokenizer.decode(Array.from(ids), true);
}

/** A byte-level vocabulary in which any digits and words would merge if the pre-tokenizer let them. */
const letters = [..."0123456789abcdefgh'sĠé,!"];
const merged = ['12', '123', '1234', 'ab', 'Ġa', 'Ġab', "'s", 'ĠĠ'];
const byteLevel = (pre: string | null, extra: Record<string, GgufValue> = {}): Record<string, GgufValue> => ({
  'tokenizer.ggml.model': 'gpt2',
  ...(pre === null ? {} : { 'tokenizer.ggml.pre': pre }),
  'tokenizer.ggml.tokens': ['<s>', '<e>', ...letters, ...merged, '<user>'],
  'tokenizer.ggml.token_type': [3, 3, ...letters.map(() => 1), ...merged.map(() => 1), 4],
  'tokenizer.ggml.merges': ['1 2', '12 3', '123 4', 'Ġ a', 'Ġa b', 'a b', "' s", 'Ġ Ġ'],
  'tokenizer.ggml.bos_token_id': 0,
  'tokenizer.ggml.eos_token_id': 1,
  ...extra,
});

describe('byte-level BPE', () => {
  it.each([
    ['gpt-2', ['ab', 'Ġab', 'Ġ', 'Ġ', '1234', "'s"]],
    [null, ['ab', 'Ġab', 'Ġ', 'Ġ', '123', '4', "'", 's']],
    ['smollm', ['ab', 'Ġab', 'ĠĠ', '1', '2', '3', '4', "'s"]],
    ['qwen2', ['ab', 'Ġab', 'Ġ', 'Ġ', '1', '2', '3', '4', "'s"]],
    ['llama-bpe', ['<s>', 'ab', 'Ġab', 'Ġ', 'Ġ', '123', '4', "'s"]],
  ])('splits words as %s does', async (pre, tokens) => {
    expect(await encode(byteLevel(pre), "ab ab  1234's")).toEqual(tokens);
  });

  it('warns of a file that does not say how its model splits words', () => {
    expect(ggufTokenizer(metadata(byteLevel(null))).warnings).toEqual([
      expect.stringContaining('"tokenizer.ggml.pre" is missing; text is split as llama.cpp does then'),
    ]);
    expect(ggufTokenizer(metadata(byteLevel('gpt-2'))).warnings).toBeUndefined();
  });

  it('finds special and user tokens in text', async () => {
    expect(await encode(byteLevel('smollm'), 'ab<user>ab<e>')).toEqual(['ab', '<user>', 'ab', '<e>']);
    const { added_tokens } = JSON.parse(ggufTokenizer(metadata(byteLevel('smollm'))).tokenizerJson);
    expect(added_tokens).toMatchObject([
      { id: 0, content: '<s>', special: true },
      { id: 1, content: '<e>', special: true },
      { content: '<user>', special: false },
    ]);
  });

  it('adds BOS and EOS as the metadata say', async () => {
    const both = { 'tokenizer.ggml.add_bos_token': true, 'tokenizer.ggml.add_eos_token': true };
    expect(await encode(byteLevel('smollm', both), 'ab')).toEqual(['<s>', 'ab', '<e>']);
    expect(await encode(byteLevel('llama-bpe', { 'tokenizer.ggml.add_bos_token': false }), 'ab')).toEqual([
      'ab',
    ]);
  });

  it('restores the encoded text', async () => {
    expect(await roundTrip(byteLevel('llama-bpe'), "  ab 1234,!'s")).toBe("  ab 1234,!'s");
  });

  it('names the special tokens and keeps the chat template', () => {
    const values = byteLevel('smollm', {
      'general.architecture': 'llama',
      'llama.context_length': 8192,
      'tokenizer.ggml.padding_token_id': 1,
      'tokenizer.chat_template': '{{ messages }}',
    });
    expect(ggufTokenizer(metadata(values)).tokenizerConfig).toMatchObject({
      bos_token: '<s>',
      eos_token: '<e>',
      pad_token: '<e>',
      unk_token: null,
      add_bos_token: false,
      chat_template: '{{ messages }}',
      model_max_length: 8192,
    });
  });
});

const pieces: [string, number, number][] = [
  ['<unk>', 0, 2],
  ['<s>', 0, 3],
  ['</s>', 0, 3],
  ...[0xe4, 0xb8, 0xad].map((byte): [string, number, number] => [
    `<0x${byte.toString(16).toUpperCase()}>`,
    0,
    6,
  ]),
  ['▁', -10, 1],
  ['a', -11, 1],
  ['b', -12, 1],
  ['c', -13, 1],
  ['bc', -1, 1],
  ['ab', -2, 1],
  ['▁a', -3, 1],
  ['▁ab', -4, 1],
];
const sentencePiece = (extra: Record<string, GgufValue> = {}): Record<string, GgufValue> => ({
  'tokenizer.ggml.model': 'llama',
  'tokenizer.ggml.tokens': pieces.map(([piece]) => piece),
  'tokenizer.ggml.scores': pieces.map(([, score]) => score),
  'tokenizer.ggml.token_type': pieces.map(([, , type]) => type),
  'tokenizer.ggml.bos_token_id': 1,
  'tokenizer.ggml.eos_token_id': 2,
  'tokenizer.ggml.unknown_token_id': 0,
  ...extra,
});

describe('SentencePiece BPE', () => {
  it('merges the best score first', async () => {
    // bc (−1) comes before ab (−2), although ab stands further left
    expect(await encode(sentencePiece(), 'abc')).toEqual(['<s>', '▁a', 'bc']);
    expect(await encode(sentencePiece(), 'ab ab')).toEqual(['<s>', '▁ab', '▁ab']);
  });

  it('falls back to bytes and decodes to the same text', async () => {
    expect(await encode(sentencePiece(), 'a中')).toEqual(['<s>', '▁a', '<0xE4>', '<0xB8>', '<0xAD>']);
    expect(await roundTrip(sentencePiece(), ' a中 abc')).toBe(' a中 abc');
  });

  it('derives merges in the order of scores, then of the parts', () => {
    const { model } = JSON.parse(ggufTokenizer(metadata(sentencePiece())).tokenizerJson);
    expect(model.merges).toEqual([
      ['b', 'c'],
      ['a', 'b'],
      ['▁', 'a'],
      ['▁', 'ab'],
      ['▁a', 'b'],
    ]);
  });

  it('adds no space where the metadata say so', async () => {
    const values = sentencePiece({ 'tokenizer.ggml.add_space_prefix': false });
    expect(await encode(values, 'ab')).toEqual(['<s>', 'ab']);
    expect(await roundTrip(values, ' ab')).toBe(' ab');
  });
});

it.each<[string, Record<string, GgufValue>, RegExp]>([
  [
    'another kind',
    { ...byteLevel('gpt-2'), 'tokenizer.ggml.model': 'bert' },
    /tokenizer "bert" is not supported/,
  ],
  ['another pre-tokenizer', byteLevel('tekken'), /pre-tokenizer "tekken" is not supported; supported: gpt-2/],
  ['no tokens', { 'tokenizer.ggml.model': 'gpt2' }, /"tokenizer.ggml.tokens" is missing/],
  [
    'types for other tokens',
    byteLevel('gpt-2', { 'tokenizer.ggml.token_type': [1] }),
    /has 1 entries for 35 tokens/,
  ],
  [
    'an end token that is not there',
    byteLevel('gpt-2', { 'tokenizer.ggml.eos_token_id': 99 }),
    /is 99, but there are 35/,
  ],
  [
    'a merge of one token',
    byteLevel('gpt-2', { 'tokenizer.ggml.merges': ['ab'] }),
    /merge "ab" is not two tokens/,
  ],
  ['too few scores', sentencePiece({ 'tokenizer.ggml.scores': [1] }), /scores" has 1 entries/],
])('refuses %s', (_, values, message) => {
  expect(() => ggufTokenizer(metadata(values))).toThrow(message);
});
