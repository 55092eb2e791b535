import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allocateModel, openModel } from '@open-chatgpt/models';
import { loadTokenizer } from '@open-chatgpt/tokenizer';
import { exportRewardModel, PADDING_CASES, PADDING_TEXTS, paddingBase } from '../testing/reward-export';
import { openConversationScorer } from './conversation-scorer';
import { exportModel } from './export-model';
import { exportPadding } from './export-padding';

const json = (folder: string, file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));

/** Where ForSequenceClassification of transformers reads the score of a row: the last token that is not the padding. */
const scoredPosition = (row: readonly number[], padTokenId: number) =>
  row.findLastIndex((id) => id !== padTokenId);

describe('an export says which token pads', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'padding-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each(PADDING_CASES)('a reward model: $name', async (one) => {
    const base = await paddingBase(one);
    const { ids } = await exportRewardModel(folder, base);
    const config = json(folder, 'config.json');
    const tokenizerConfig = json(folder, 'tokenizer_config.json');
    const files = { tokenizerJson: readFileSync(join(folder, 'tokenizer.json'), 'utf8'), tokenizerConfig };
    const tokenizer = await loadTokenizer(files);
    expect(tokenizer.tokenToId(tokenizerConfig.pad_token)).toBe(config.pad_token_id);
    expect(json(folder, 'generation_config.json').pad_token_id).toBe(config.pad_token_id);
    expect(tokenizerConfig.padding_side).not.toBe('left');
    expect(config.vocab_size).toBe(Math.max(base.config.vocabSize, config.pad_token_id + 1));
    if (base.tokenizer.padTokenId !== null) expect(config.pad_token_id).toBe(base.tokenizer.padTokenId);
    const longest = Math.max(...ids.map((row) => row.length));
    for (const row of ids) {
      const padded = [...row, ...Array<number>(longest - row.length).fill(config.pad_token_id)];
      expect(scoredPosition(padded, config.pad_token_id)).toBe(row.length - 1);
    }
    // No text has other tokens than before.
    for (const text of PADDING_TEXTS)
      expect(await tokenizer.encode(text)).toEqual(await base.tokenizer.encode(text));
    const opened = await openModel(folder); // checks the shapes
    await opened.close();
  });

  it('adds the new token next to the others, although one lies four billion rows beyond the embeddings', async () => {
    const base = await paddingBase(PADDING_CASES[1]);
    const json = JSON.parse(base.tokenizer.files.tokenizerJson);
    const [token] = json.added_tokens;
    json.added_tokens.push({ ...token, id: 2 ** 32 - 1, content: '<far>', special: false });
    const files = { ...base.tokenizer.files, tokenizerJson: JSON.stringify(json) };
    const rows = base.config.vocabSize;
    const tokenizer = await loadTokenizer(files, { rows });
    expect(tokenizer.vocabSize).toBe(2 ** 32);
    const { config } = exportPadding({ ...base, tokenizer }, files, true);
    // The tokenizers library itself gives the far token the first free id.
    expect([config.padTokenId, config.vocabSize]).toEqual([rows + 1, rows + 2]);
  });

  it('gives the same scores when it is opened again with one more embedding', async () => {
    const base = await paddingBase(PADDING_CASES[1]);
    const { scores } = await exportRewardModel(folder, base, ['ab']);
    const scorer = await openConversationScorer(folder, { template: 'model', batchSize: 2 });
    const [scored] = await scorer.score([
      [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
      ],
    ]);
    expect(scored).toMatchObject({ tokens: 3 });
    expect('score' in scored && scored.score).toBeCloseTo(scores[0], 5);
  });

  it.each(PADDING_CASES)('a language model, whose EOS keeps its gradient: $name', async (one) => {
    const base = await paddingBase(one);
    await exportModel(folder, { ...allocateModel(base.config), trained: base.weights }, base, {
      baseName: 'base',
    });
    const { pad_token_id, eos_token_id, vocab_size } = json(folder, 'config.json');
    expect(pad_token_id).not.toBe(eos_token_id);
    expect(pad_token_id).toBe(base.tokenizer.padTokenId);
    expect(vocab_size).toBe(base.config.vocabSize);
  });
});
