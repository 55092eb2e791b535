import { buildTokenizer } from './build-tokenizer';
import { byteLevelModel } from './byte-level-model';
import { ALPHABET } from './byte-merges';
import { loadTokenizer } from './load-tokenizer';
import { tokenBytes } from './token-bytes';
import type { TokenizerFiles } from './tokenizer';

function files(tokenizerJson: object): TokenizerFiles {
  return { tokenizerJson: JSON.stringify(tokenizerJson), tokenizerConfig: {} };
}
const added = (id: number, content: string, special: boolean) => ({
  id,
  content,
  special,
  normalized: false,
  single_word: false,
  lstrip: false,
  rstrip: false,
});
const common = { version: '1.0', normalizer: null, post_processor: null };
const MERGED = 'é'
  .split('')
  .flatMap((letter) => [...Buffer.from(letter)])
  .map((byte) => ALPHABET[byte]);
const byteLevel = files({
  ...common,
  added_tokens: [added(257, '<|end|>', true), added(258, '<call>', false)],
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  model: byteLevelModel(Object.fromEntries([...ALPHABET, MERGED.join('')].map((token, id) => [token, id])), [
    MERGED,
  ]),
});
const fallback = files({
  ...common,
  normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
  added_tokens: [added(0, '<unk>', true)],
  pre_tokenizer: null,
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
    ],
  },
  model: {
    type: 'BPE',
    unk_token: '<unk>',
    byte_fallback: true,
    vocab: { '<unk>': 0, '<0x0A>': 1, '▁': 2, é: 3, a: 4, '▁a': 5 },
    merges: [['▁', 'a']],
  },
});

it('the bytes of tokens are those of the text that they decode to', async () => {
  for (const [given, texts] of [
    [byteLevel, ['é<call>\n {"', 'a好']],
    [fallback, ['é\n a', ' a a']],
    [buildTokenizer('abé {'), ['a é{']],
  ] as const) {
    const tokenizer = await loadTokenizer(given);
    const bytes = tokenBytes(tokenizer) ?? [];
    for (const text of texts) {
      const ids = await tokenizer.encode(text);
      const joined = ids.map((id) => bytes[id]).join('');
      expect(Buffer.from(joined, 'latin1').toString()).toBe(await tokenizer.decode(ids));
    }
  }
});

it('special tokens have none, and no tokens of a tokenizer that joins them', async () => {
  const tokenizer = await loadTokenizer(byteLevel);
  const bytes = tokenBytes(tokenizer);
  expect(bytes?.[257]).toBeNull();
  expect(bytes?.[256]).toBe('\xc3\xa9');
  const wordPiece = files({ model: { vocab: {} }, decoder: { type: 'WordPiece' } });
  expect(tokenBytes({ ...tokenizer, files: wordPiece })).toBeNull();
});
