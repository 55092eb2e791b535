import { buildTokenizer } from '../build-tokenizer';
import { loadTokenizer } from '../load-tokenizer';
import type { TokenizerFiles } from '../tokenizer';
import type { GgufMetadata } from './gguf-metadata';
import { ggufTokenizer } from './gguf-tokenizer';
import { tokenizerMetadata } from './tokenizer-metadata';

type Values = Record<string, unknown>;

function metadata(values: Values): GgufMetadata {
  const get = <T>(key: string) => values[key] as T | undefined;
  return { where: 'm.gguf', number: get, boolean: get, string: get, numbers: get, strings: get };
}

/** The metadata of a tokenizer as a GGUF file has them. */
async function written(
  files: TokenizerFiles,
  vocabSize: number,
  eosTokenIds: number[] = [],
): Promise<Values> {
  const { entries } = await tokenizerMetadata(await loadTokenizer(files), vocabSize, eosTokenIds);
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

const CHAT = '{% for m in messages %}<u>{{ m.content }}<e>{% endfor %}';
const letters = [..."0123456789abcdefgh'sĠé,!"];
const byteLevel = (pre: string, extra: Values = {}): Values => ({
  'tokenizer.ggml.model': 'gpt2',
  'tokenizer.ggml.pre': pre,
  'tokenizer.ggml.tokens': ['<s>', '<e>', '<u>', ...letters, '12', 'Ġa', 'ab', '<user>'],
  'tokenizer.ggml.token_type': [3, 3, 3, ...letters.map(() => 1), 1, 1, 1, 4],
  'tokenizer.ggml.merges': ['1 2', 'Ġ a', 'a b'],
  'tokenizer.ggml.bos_token_id': 0,
  'tokenizer.ggml.eos_token_id': 1,
  'tokenizer.ggml.padding_token_id': 2,
  'tokenizer.ggml.add_bos_token': false,
  'tokenizer.ggml.add_eos_token': false,
  'tokenizer.chat_template': CHAT,
  ...extra,
});

const bytes = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);
const sentencePiece = (extra: Values = {}): Values => ({
  'tokenizer.ggml.model': 'llama',
  'tokenizer.ggml.pre': 'default',
  'tokenizer.ggml.tokens': ['<unk>', '<s>', '</s>', ...bytes, '▁a', 'ab', '▁ab', '▁', 'a', 'b'],
  'tokenizer.ggml.token_type': [2, 3, 3, ...bytes.map(() => 6), 1, 1, 1, 1, 1, 1],
  'tokenizer.ggml.scores': [...Array(259).fill(-4), -0, -1, -2, -4, -4, -4],
  'tokenizer.ggml.add_space_prefix': true,
  'tokenizer.ggml.bos_token_id': 1,
  'tokenizer.ggml.eos_token_id': 2,
  'tokenizer.ggml.unknown_token_id': 0,
  'tokenizer.ggml.add_bos_token': true,
  'tokenizer.ggml.add_eos_token': false,
  ...extra,
});

describe('the metadata of a tokenizer', () => {
  it.each([
    ['GPT-2', byteLevel('gpt-2')],
    ['SmolLM2', byteLevel('smollm')],
    ['LLaMA 3', byteLevel('llama-bpe', { 'tokenizer.ggml.add_bos_token': true })],
    ['Qwen 2', byteLevel('qwen2', { 'tokenizer.ggml.add_eos_token': true })],
    ['SentencePiece', sentencePiece()],
    [
      'SentencePiece without a blank before the text',
      sentencePiece({ 'tokenizer.ggml.add_space_prefix': false }),
    ],
  ])('are those that it was made from: %s', async (_, values) => {
    const size = (values['tokenizer.ggml.tokens'] as string[]).length;
    const found = await written(ggufTokenizer(metadata(values)), size);
    // The padding of the training, which the file does not need to name.
    if (values['tokenizer.ggml.padding_token_id'] === undefined)
      delete found['tokenizer.ggml.padding_token_id'];
    if (found['tokenizer.ggml.scores'])
      found['tokenizer.ggml.scores'] = (found['tokenizer.ggml.scores'] as number[]).map((score) => score - 0);
    expect(found).toEqual(values);
  });

  it('has an unused token for each embedding without a token, and further ends of a turn', async () => {
    const files = ggufTokenizer(metadata(byteLevel('gpt-2', { 'tokenizer.ggml.eos_token_id': 0 })));
    const values = await written(files, 40, [0, 1]);
    expect((values['tokenizer.ggml.tokens'] as string[]).slice(31)).toEqual([
      '[PAD31]',
      '[PAD32]',
      '[PAD33]',
      '[PAD34]',
      '[PAD35]',
      '[PAD36]',
      '[PAD37]',
      '[PAD38]',
      '[PAD39]',
    ]);
    expect((values['tokenizer.ggml.token_type'] as number[]).slice(30)).toEqual([4, ...Array(9).fill(5)]);
    expect(values).toMatchObject({ 'tokenizer.ggml.eos_token_id': 0, 'tokenizer.ggml.eot_token_id': 1 });
  });

  // biome-ignore lint/suspicious/noExplicitAny: a parsed JSON file is edited.
  const changed = (values: Values, change: (json: any) => void): TokenizerFiles => {
    const files = ggufTokenizer(metadata(values));
    const json = JSON.parse(files.tokenizerJson);
    change(json);
    return { ...files, tokenizerJson: JSON.stringify(json) };
  };

  it.each<[string, TokenizerFiles, RegExp]>([
    ['characters', buildTokenizer('abc'), /its tokens are characters and not bytes \(pre-tokenizer Split/],
    [
      'another way to split words',
      changed(byteLevel('qwen2'), (json) => {
        json.pre_tokenizer.pretokenizers[0].pattern.Regex = '\\w+';
      }),
      /its pre-tokenizer \(Split, ByteLevel\) splits words otherwise/,
    ],
    [
      'a leading blank of GPT-2 style',
      changed(byteLevel('gpt-2'), (json) => {
        json.pre_tokenizer.add_prefix_space = true;
      }),
      /splits words otherwise/,
    ],
    [
      'lower case',
      changed(byteLevel('gpt-2'), (json) => {
        json.normalizer = { type: 'Lowercase' };
      }),
      /it changes text before it splits it \(Lowercase\)/,
    ],
    [
      'WordLevel',
      changed(byteLevel('gpt-2'), (json) => {
        json.model = { type: 'WordLevel', vocab: json.model.vocab, unk_token: '<e>' };
      }),
      /its model is WordLevel; only BPE/,
    ],
    [
      'a merge that the scores would add',
      changed(sentencePiece(), (json) => {
        json.model.merges = json.model.merges.filter(([left]: string[]) => left !== '▁a');
      }),
      /"▁a" and "b" are tokens and so is their text, but no merge joins them/,
    ],
    [
      'no token for a byte',
      changed(sentencePiece(), (json) => {
        json.model.vocab['<0xZZ>'] = json.model.vocab['<0x0A>'];
        delete json.model.vocab['<0x0A>'];
      }),
      /byte fallback, but no token <0x0A>/,
    ],
  ])('names what GGUF cannot carry: %s', async (_, files, message) => {
    await expect(written(files, 400)).rejects.toThrow(message);
  });

  it('wants an embedding for each token', async () => {
    await expect(written(ggufTokenizer(metadata(byteLevel('gpt-2'))), 30)).rejects.toThrow(
      /the tokenizer has 31 tokens and the model 30 embeddings/,
    );
  });
});
