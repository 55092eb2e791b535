import type { ShardRow } from '@open-chatgpt/datasets';
import { parseModelConfig } from '@open-chatgpt/models';
import { checkRows, type RowLimits } from './check-rows';

const families = {
  gpt2: { model_type: 'gpt2', vocab_size: 40, n_embd: 4, n_layer: 1, n_head: 2, n_positions: 8 },
  opt: {
    model_type: 'opt',
    vocab_size: 40,
    hidden_size: 4,
    ffn_dim: 4,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: 8,
  },
  llama: {
    model_type: 'llama',
    vocab_size: 40,
    hidden_size: 4,
    intermediate_size: 4,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: 8,
  },
};

const ids = (length: number, id = 1) => new Int32Array(length).fill(id);
const prompt = (length: number, id = 1): ShardRow => ({ inputIds: ids(length, id), source: 0 });
const pair = (chosen: Int32Array, rejected: Int32Array): ShardRow => ({
  chosenIds: chosen,
  rejectedIds: rejected,
  promptLength: 1,
  margin: 0,
  weight: 1,
  source: 4,
});
/** Documents of these lengths in one row. */
const packed = (...lengths: number[]): ShardRow => ({
  inputIds: ids(lengths.reduce((a, b) => a + b, 0)),
  labels: ids(lengths.reduce((a, b) => a + b, 0)),
  positionIds: Int32Array.from(lengths.flatMap((length) => Array.from({ length }, (_, i) => i))),
  segmentIds: Int32Array.from(lengths.flatMap((length, i) => new Array<number>(length).fill(i))),
  sources: [0],
});
const longest = (row: ShardRow) =>
  'chosenIds' in row ? Math.max(row.chosenIds.length, row.rejectedIds.length) : row.inputIds.length;

interface Case extends Partial<RowLimits> {
  family?: keyof typeof families;
  evaluation?: ShardRow[];
}

function check(rows: ShardRow[], { family = 'gpt2', evaluation = [], ...limits }: Case = {}) {
  const train = {
    size: rows.length,
    lengths: rows.map(longest),
    rows: async (indices: readonly number[]) => indices.map((index) => rows[index]),
    close: async () => {},
  };
  return checkRows(train, evaluation, {
    config: parseModelConfig(families[family], 'config.json'),
    tokenizer: { vocabSize: 41, idToToken: (id) => `<${id}>` },
    path: 'rows.jsonl',
    setting: { name: 'maxLength', value: 32 },
    packed: false,
    ...limits,
  });
}

describe('lengths', () => {
  it('accepts rows of all positions', async () => {
    expect(await check([prompt(8), prompt(3)], { evaluation: [prompt(8)] })).toEqual([]);
  });

  it.each([
    ['gpt2', 'n_positions'],
    ['opt', 'max_position_embeddings'],
  ] as const)('refuses a row beyond the learned positions: %s', async (family, field) => {
    await expect(check([prompt(2), prompt(9)], { family })).rejects.toThrow(
      `dataset rows.jsonl: the longest row has 9 tokens, the model has 8 positions (${field} in config.json). ` +
        'Set maxLength (now 32) to 8 or less, or take a model with more positions.',
    );
  });

  it('looks at the longer answer of a pair, and at held-out rows', async () => {
    await expect(check([pair(ids(3), ids(9))])).rejects.toThrow('has 9 tokens');
    await expect(check([prompt(2)], { evaluation: [prompt(10)] })).rejects.toThrow('has 10 tokens');
  });

  it('looks at each document of a packed row', async () => {
    expect(await check([packed(8, 8, 5)], { packed: true })).toEqual([]);
    await expect(check([packed(3, 9)], { packed: true })).rejects.toThrow('has 9 tokens');
  });

  it('warns of a row beyond rotary positions, which can be computed', async () => {
    expect(await check([prompt(9)], { family: 'llama' })).toEqual([
      expect.stringContaining(
        'the longest row has 9 tokens, the model has 8 positions (max_position_embeddings',
      ),
    ]);
  });

  it.each(['gpt2', 'llama'] as const)('needs room for an answer after a prompt: %s', async (family) => {
    const options = { family, answerLength: 3, setting: { name: 'maxPromptLength', value: 16 } };
    expect(await check([prompt(5)], options)).toEqual([]);
    expect(await check([prompt(6)], options)).toEqual([
      expect.stringContaining('room for 2 of the 3 tokens of responseLength'),
    ]);
    await expect(check([prompt(8)], options)).rejects.toThrow(
      'the longest prompt has 8 tokens, the model has 8 positions',
    );
    await expect(check([prompt(8)], options)).rejects.toThrow('Set maxPromptLength (now 16) to 5 or less');
  });
});

describe('ids', () => {
  const message =
    'contains the token "<40>" (id 40 of tokenizer.json), but the embeddings of the model have 40 rows (vocab_size in config.json)';

  it.each<[string, ShardRow[], ShardRow[]]>([
    ['a row', [prompt(2), prompt(2, 40)], []],
    ['a packed row', [packed(2, 2), { ...packed(2, 2), inputIds: ids(4, 40) } as ShardRow], []],
    ['the chosen answer', [pair(ids(2, 40), ids(2))], []],
    ['the rejected answer', [pair(ids(2), ids(2, 40))], []],
    ['a held-out row', [prompt(2)], [prompt(2, 40)]],
    ['one of many rows', [...Array.from({ length: 3000 }, () => prompt(2)), prompt(2, 40)], []],
  ])('refuses a token beyond the embeddings in %s', async (_, rows, evaluation) => {
    await expect(check(rows, { evaluation })).rejects.toThrow(message);
    await expect(check(rows, { evaluation })).rejects.toThrow(/^dataset rows\.jsonl: example \d+ /);
  });

  it('does not read the rows again for a tokenizer whose tokens all have an embedding', async () => {
    const rows = [prompt(2, 40)];
    expect(await check(rows, { tokenizer: { vocabSize: 40, idToToken: () => null } })).toEqual([]);
  });
});
