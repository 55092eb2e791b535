import { createRng } from '@open-chatgpt/random';
import { Tokenizer as Native } from 'tokenizers';
import { buildTokenizer } from './build-tokenizer';
import { byteMerger } from './byte-merges';
import { loadTokenizer } from './load-tokenizer';
import { preTokenPattern } from './pre-token-patterns';

const byteLevel = (use_regex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex,
});
const split = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });
const words = (digits: string) =>
  split(
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" +
      `${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  );
const sequence = (...pretokenizers: object[]) => ({ type: 'Sequence', pretokenizers });

const PRE_TOKENIZERS: Record<string, object> = {
  'gpt-2': byteLevel(true),
  smollm: sequence({ type: 'Digits', individual_digits: true }, byteLevel(true)),
  llama3: sequence(words('\\p{N}{1,3}'), byteLevel(false)),
  qwen2: sequence(words('\\p{N}'), byteLevel(false)),
};

/** Text at the boundaries of pre-tokens: contractions, digits of several scripts, several kinds of blanks, marks, emoji. */
const PARTS = [
  ..."aZéßſ你ไ한٣²½5 \t\n\r\u00a0\u0085\ufeff\u200b\u3000'’-_.,!<>#",
  ..."'s 't 'LL 'Re 've  \n\n \r\n 12345 e\u0301 👍 👩🏽‍💻 🇩🇪 𝟙𝐚 🅰 😀 don't the The".split(' '),
  '  ',
  '<|end|>',
  '<|end|>>',
  '<user>',
  '<wide>',
];
const rng = createRng(11);
const made = (parts: number) => Array.from({ length: parts }, () => PARTS[rng.int(PARTS.length)]).join('');
const texts = Array.from({ length: 3000 }, (_, i) => made(1 + (i % 40)));

/** Has merges of all adjacent symbols in the texts, so that a wrong boundary results in other tokens. */
function byteLevelJson(preTokenizer: object, normalizer: object | null = null, more: object = {}): string {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let shifted = 0;
  const alphabet = Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(printable(byte) ? byte : 256 + shifted++),
  );
  const merges = new Set<string>();
  for (const text of texts.slice(0, 300)) {
    const symbols = [...Buffer.from(text)].map((byte) => alphabet[byte]);
    for (let i = 0; i + 1 < symbols.length; i++) merges.add(`${symbols[i]} ${symbols[i + 1]}`);
  }
  const tokens = [...alphabet, ...new Set([...merges].map((merge) => merge.replace(' ', '')))];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const added = ['<|end|>', '<user>', '<|end|>>', '<wide>'].map((content, i) => ({
    id: tokens.length + i,
    content,
    special: i === 0,
    single_word: false,
    lstrip: content === '<wide>',
    rstrip: content === '<wide>',
    normalized: false,
  }));
  const model = { type: 'BPE', dropout: null, unk_token: null, fuse_unk: false, byte_fallback: false };
  return JSON.stringify({
    version: '1.0',
    added_tokens: added,
    normalizer,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder: byteLevel(true),
    model: { ...model, vocab, merges: [...merges], ...more },
  });
}

async function expectNative(tokenizerJson: string): Promise<void> {
  const tokenizer = await loadTokenizer({ tokenizerJson, tokenizerConfig: {} });
  const native = Native.fromString(tokenizerJson);
  const wanted = (await native.encodeBatch(texts, { addSpecialTokens: false })).map((one) => one.getIds());
  const parsed = { parseSpecialTokens: true };
  // Once with an empty cache, once with a full one.
  expect(await Promise.all(texts.map((text) => tokenizer.encode(text, parsed)))).toEqual(wanted);
  expect(await tokenizer.encodeBatch(texts, parsed)).toEqual(wanted);
}

describe('cached tokens of words', () => {
  it.each(Object.keys(PRE_TOKENIZERS))('%s: equal those of the library', async (name) => {
    expect(preTokenPattern(JSON.parse(byteLevelJson(PRE_TOKENIZERS[name])))).not.toBeNull();
    await expectNative(byteLevelJson(PRE_TOKENIZERS[name]));
  });

  it('equal those of the normalized text', () =>
    expectNative(byteLevelJson(PRE_TOKENIZERS['qwen2'], { type: 'NFC' })));

  it('prefer whole words to merges, as in LLaMA 3', async () => {
    const json = JSON.parse(byteLevelJson(PRE_TOKENIZERS['llama3']));
    // A word without a merge.
    json.model.vocab['Ġthe'] = Object.keys(json.model.vocab).length;
    for (const token of json.added_tokens) token.id++;
    json.model.ignore_merges = true;
    await expectNative(JSON.stringify(json));
  });

  it('come from the library for models with more than merges', () => {
    const model = (more: object) =>
      byteMerger(JSON.parse(byteLevelJson(PRE_TOKENIZERS['gpt-2'], null, more)));
    expect(model({})?.('a')).toHaveLength(1);
    for (const more of [{ dropout: 0.1 }, { continuing_subword_prefix: '##' }, { vocab: { a: 0 } }])
      expect(model(more)).toBeNull();
    // SmolLM has no token for some rare bytes.
    const few = model({ vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] });
    expect([few?.('abab'), few?.('abc')]).toEqual([[2, 2], null]);
  });

  it('equal those of the library for a built tokenizer', async () => {
    const merges: [string, string][] = [
      ['a', 'Z'],
      [' ', 'a'],
      ['5', '5'],
    ];
    const { tokenizerJson } = buildTokenizer("aZé5 \n'你", { merges });
    expect(preTokenPattern(JSON.parse(tokenizerJson))).not.toBeNull();
    await expectNative(tokenizerJson);
  });

  it('come from the library for an unknown pre-tokenizer', async () => {
    const unknown = sequence(split('[a-z]+'), byteLevel(false));
    expect(preTokenPattern(JSON.parse(byteLevelJson(unknown)))).toBeNull();
    await expectNative(byteLevelJson(unknown));
  });
});
