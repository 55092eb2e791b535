import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTokenizer } from '@open-chatgpt/tokenizer';
import { readTokenizer } from './read-tokenizer';
import { readTokenizerFiles } from './tokenizer-files';

const GOLDEN = join(__dirname, '../../../tokenizer/src/sentencepiece/golden');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokenizer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const take = (name: string, as = name) => copyFileSync(join(GOLDEN, name), join(folder, as));
const load = async () => loadTokenizer((await readTokenizerFiles(folder))!);

describe('readTokenizerFiles', () => {
  it('reads tokenizer.model where there is no tokenizer.json', async () => {
    take('bpe.model', 'tokenizer.model');
    writeFileSync(join(folder, 'added_tokens.json'), '{"<pad>": 400}');
    writeFileSync(join(folder, 'special_tokens_map.json'), '{"pad_token": "<pad>"}');
    const tokenizer = await load();
    expect(tokenizer).toMatchObject({ bosToken: '<s>', eosToken: '</s>', padTokenId: 400 });
  });

  it('names tokenizer.model when it is damaged', async () => {
    writeFileSync(join(folder, 'tokenizer.model'), 'version https://git-lfs.github.com/spec/v1');
    await expect(readTokenizerFiles(folder)).rejects.toThrow(/tokenizer\.model: is no SentencePiece model/);
  });

  it('prefers tokenizer.json', async () => {
    take('bpe.model', 'tokenizer.model');
    writeFileSync(join(folder, 'tokenizer.json'), '{"model": {"vocab": {"a": 0}}}');
    expect((await readTokenizerFiles(folder))?.tokenizerJson).toBe('{"model": {"vocab": {"a": 0}}}');
  });

  it('reads vocab.json and merges.txt, as the first folders of GPT-2 and OPT have them', async () => {
    for (const name of ['vocab.json', 'merges.txt', 'config.json']) take(join('byte-level', name), name);
    const golden: { eos: string; cases: { text: string; ids: number[] }[] } = JSON.parse(
      readFileSync(join(GOLDEN, 'byte-level', 'ids.json'), 'utf8'),
    );
    const tokenizer = await load();
    expect(tokenizer.eosToken).toBe(golden.eos);
    for (const { text, ids } of golden.cases)
      expect(await tokenizer.encode(text, { parseSpecialTokens: true })).toEqual(ids);
  });

  it('is null without any of them', async () => {
    writeFileSync(join(folder, 'vocab.json'), '{}');
    expect(await readTokenizerFiles(folder)).toBeNull();
  });
});

test('readTokenizer takes the path of tokenizer.model', async () => {
  take('unigram.model', 'tokenizer.model');
  const tokenizer = await loadTokenizer(await readTokenizer(join(folder, 'tokenizer.model')));
  expect(tokenizer.eosToken).toBe('</s>');
});
