import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTokenizer } from '../load-tokenizer';
import { sentencePieceFiles } from './sentencepiece-files';

const GOLDEN = join(__dirname, 'golden');
/** The ids of sentencepiece and transformers (tools/tokenizers/golden.py). */
const golden: Record<string, { text: string; ids: number[]; decoded: string }[]> = JSON.parse(
  readFileSync(join(GOLDEN, 'ids.json'), 'utf8'),
);
const modelOf = (name: string) => readFileSync(join(GOLDEN, `${name}.model`));
const read = (
  name: string,
  config: Record<string, unknown> = {},
  addedTokens: Record<string, unknown> = {},
) => sentencePieceFiles(modelOf(name), { config, addedTokens, where: 'tokenizer.model' });

/** The BPE model of the golden files with one more piece. */
function withPiece(text: string): Buffer {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
  const field = (number: number, bytes: Buffer) =>
    Buffer.concat([Buffer.from([number * 8 + 2, ...varint(bytes.length)]), bytes]);
  return Buffer.concat([modelOf('bpe'), field(1, field(1, Buffer.from(text)))]);
}

describe('sentencePieceFiles', () => {
  it.each(Object.keys(golden))('gives the ids of the references: %s', async (name) => {
    const tokenizer = await loadTokenizer(read(name));
    const ids: Record<string, number[]> = {};
    for (const { text } of golden[name])
      ids[text] = await tokenizer.encode(text, { parseSpecialTokens: true });
    expect(ids).toEqual(Object.fromEntries(golden[name].map(({ text, ids: wanted }) => [text, wanted])));
  });

  it('decodes what it has encoded', async () => {
    const tokenizer = await loadTokenizer(read('bpe'));
    for (const text of ['hello world', 'naïve café', '你好，世界', '🙂 fox'])
      expect(await tokenizer.decode(await tokenizer.encode(text))).toBe(text);
  });

  it('takes the special tokens of the model, and adds BOS where the configuration says so', async () => {
    const plain = await loadTokenizer(read('bpe'));
    expect(plain).toMatchObject({ bosToken: '<s>', eosToken: '</s>', addsBos: false });
    expect(plain.specialTokens).toEqual(['<unk>', '<s>', '</s>']);
    const withBos = await loadTokenizer(read('bpe', { add_bos_token: true, add_eos_token: true }));
    const [bos, ...ids] = await withBos.encode('hello', { addSpecialTokens: true });
    expect([bos, ids.at(-1)]).toEqual([1, 2]);
  });

  it('has the tokens that were added later', async () => {
    const older = await loadTokenizer(read('bpe', { pad_token: '<pad>' }, { '<pad>': 400, '<x>': 401 }));
    expect([older.padTokenId, older.tokenToId('<x>'), older.vocabSize]).toEqual([400, 401, 402]);
    expect(older.specialTokens).toContain('<pad>');
    expect(older.specialTokens).not.toContain('<x>');
    const decoder = { 400: { content: '<y>', special: true }, 1: { content: '<s>', special: true } };
    const newer = await loadTokenizer(read('bpe', { added_tokens_decoder: decoder }));
    expect(newer.specialTokens).toEqual(['<unk>', '<s>', '</s>', '<y>']);
  });

  it.each<[string, Buffer, RegExp]>([
    [
      'is a vocabulary of tiktoken',
      Buffer.from('IQ== 0\nIg== 1\n'),
      /is a vocabulary of tiktoken \(LLaMA 3\)/,
    ],
    ['is text', Buffer.from('<html>not found</html>'), /tokenizer\.model: is no SentencePiece model/],
    ['is cut off', modelOf('bpe').subarray(0, 1001), /ends within a field/],
    ['is empty', Buffer.alloc(0), /has no pieces/],
    [
      'claims a field of a petabyte',
      Buffer.from([10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f]),
      /ends within a field/,
    ],
    ['has a number that does not end', Buffer.alloc(20, 0xff), /more than 64 bits/],
    [
      'has a piece of a megabyte',
      withPiece('a'.repeat(1_000_000)),
      /tokenizer\.model: the piece 400 of the tokenizer has 1000000 characters/,
    ],
    [
      'is a model of words',
      Buffer.concat([Buffer.from([10, 3, 10, 1, 97]), Buffer.from([18, 2, 24, 3])]),
      /SentencePiece model of words, which is not supported/,
    ],
  ])('refuses a file that %s', (_, file, message) => {
    const settings = { config: {}, addedTokens: {}, where: 'tokenizer.model' };
    expect(() => sentencePieceFiles(file, settings)).toThrow(message);
  });
});
