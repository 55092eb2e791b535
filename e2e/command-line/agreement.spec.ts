import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { allocateBase, initializeWeights, parseModelConfig, writeModelFolder } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { buildTokenizer, loadTokenizer, type TokenizerFiles } from '@open-chatgpt/tokenizer';
import { compile, jsonLines, openchat } from '../testing/openchat';

const CHARACTERS = 'abcdefghijklmnopqrstuvwxyz ?.';
const END = 3;
const PAD = 0;
const sft = ['--max-steps', '1', '--learning-rate', '0', '--set', 'sft.dataset.evalFraction=0', '--json'];

let cwd: string;
beforeAll(() => {
  compile();
  cwd = mkdtempSync(join(tmpdir(), 'agreement-'));
  const rows = ['what is a cat?', 'say it again'].map((instruction) => ({
    instruction,
    output: 'an animal.',
  }));
  writeFileSync(join(cwd, 'rows.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  writeFileSync(join(cwd, 'extra.jsonl'), JSON.stringify({ instruction: 'say', output: 'it' }));
}, 60_000);
afterAll(() => rmSync(cwd, { recursive: true }));

interface Written {
  config?: Record<string, unknown>;
  generationConfig?: Record<string, unknown>;
  tokenizer?: TokenizerFiles;
  /** The token that the model always generates. */
  says?: number;
  /** Changes config.json after it is written. */
  change?: Record<string, unknown>;
}

/** Writes a model with random weights. @returns the name of its folder */
async function write(name: string, { config, generationConfig, tokenizer, says, change }: Written) {
  const files = tokenizer ?? buildTokenizer(CHARACTERS);
  const parsed = parseModelConfig(
    {
      model_type: 'llama',
      vocab_size: 36,
      hidden_size: 16,
      intermediate_size: 24,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      max_position_embeddings: 128,
      bos_token_id: 2,
      eos_token_id: END,
      ...config,
    },
    name,
  );
  const weights = allocateBase(parsed, false);
  initializeWeights(weights, createRng(1), 1, 0.3);
  if (says !== undefined) {
    // The end of the network gives the same vector for every token, and the head its row of the one token.
    weights.get('model.norm.weight').data.fill(0);
    weights.get('model.norm.weight').data[0] = 1;
    weights.get('model.embed_tokens.weight').data.fill(0);
    for (let id = 0; id < parsed.vocabSize; id++) weights.get('model.embed_tokens.weight').data[id * 16] = 10;
    for (const { name: weight, data } of weights.all) if (/proj|lm_head/.test(weight)) data.fill(0);
    weights.get('lm_head.weight').data[says * 16] = 10;
  }
  const folder = join(cwd, name);
  await writeModelFolder(folder, {
    config: parsed,
    tensors: weights.all,
    dtype: 'F32',
    tokenizer: files,
    generationConfig,
  });
  const path = join(folder, 'config.json');
  if (change) writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }));
  return name;
}

/** The tokenizer with one more special token, beyond the 36 rows of the model. */
async function withExtraToken(): Promise<TokenizerFiles> {
  const files = buildTokenizer(CHARACTERS);
  const json = JSON.parse(files.tokenizerJson);
  expect((await loadTokenizer(files)).vocabSize).toBe(36);
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  json.added_tokens.push({ id: 36, content: '<|extra|>', ...flags });
  return {
    tokenizerJson: JSON.stringify(json),
    tokenizerConfig: { ...files.tokenizerConfig, pad_token: '<|extra|>' },
  };
}

const lossOf = (stdout: string) =>
  (jsonLines(stdout).find(({ type }) => type === 'step')!.metrics as Record<string, number>).loss;

describe('a model whose files disagree', () => {
  it.each([
    ['generation_config.json names two tokens', { eos_token_id: [END, PAD] }, [], 'stop'],
    ['of --raw text too', { eos_token_id: [END, PAD] }, ['--raw'], 'stop'],
    ['generation_config.json names the token of config.json alone', { eos_token_id: END }, [], 'length'],
  ])(
    'ends its answers where transformers does: %s',
    async (name, generationConfig, flags, finishReason) => {
      const model = await write(name.replaceAll(/\W/g, '-'), { generationConfig, says: PAD });
      const args = [
        'generate',
        '--model',
        model,
        '--prompt',
        'hi',
        '--temperature',
        '0',
        '--max-new-tokens',
        '6',
      ];
      const { stdout, stderr } = await openchat([...args, '--json', ...flags], { cwd });
      expect(jsonLines(stdout)[0]).toMatchObject({ finishReason, tokens: finishReason === 'stop' ? 1 : 6 });
      if (finishReason === 'stop')
        expect(stderr).toMatch(/^Warning: .*generation_config\.json ends answers with the tokens 3, 0/);
      else expect(stderr).toBe('');
    },
    60_000,
  );

  it('trains the head of the file under a tied flag, and keeps it', async () => {
    const untied = await write('untied', {});
    const flagged = await write('flagged', { change: { tie_word_embeddings: true } });
    const run = (model: string, out: string) =>
      openchat(['sft', '--model', model, '--dataset', 'rows.jsonl', '--out', out, ...sft], { cwd });
    const [right, found] = [await run(untied, 'run-untied'), await run(flagged, 'run-flagged')];
    expect(lossOf(found.stdout)).toBe(lossOf(right.stdout));
    expect(found.stdout).toContain('tie_word_embeddings: true, but');
    const { stdout, stderr } = await openchat(['model', 'info', flagged, '--json'], { cwd });
    expect(jsonLines(stdout)[0]).toMatchObject({
      tiedEmbeddings: false,
      warnings: [expect.stringContaining('the head of the file is used')],
    });
    expect(stderr).toBe('');
  }, 60_000);
});

describe('ids and lengths, before anything is computed', () => {
  it('pads with a token inside the embeddings', async () => {
    const plain = await write('plain', {});
    const extra = await write('extra', { tokenizer: await withExtraToken() });
    const run = (model: string, out: string) =>
      openchat(['sft', '--model', model, '--dataset', 'rows.jsonl', '--out', out, ...sft], { cwd });
    const [right, found] = [await run(plain, 'run-plain'), await run(extra, 'run-extra')];
    expect(lossOf(found.stdout)).toBe(lossOf(right.stdout));
  }, 60_000);

  it.each([['--dry-run'], ['--json']])(
    'names a token of the template beyond the embeddings: %s',
    async (flag) => {
      const { tokenizerJson, tokenizerConfig } = await withExtraToken();
      const template = "{% for m in messages %}{{ m['content'] }}<|extra|>{% endfor %}";
      const tokenizer = { tokenizerJson, tokenizerConfig: { ...tokenizerConfig, chat_template: template } };
      const model = await write(`template${flag}`, { tokenizer });
      const args = [
        'sft',
        '--model',
        model,
        '--dataset',
        'rows.jsonl',
        '--out',
        `no-${model}`,
        '--max-steps',
        '1',
        flag,
      ];
      const { code, stderr } = await openchat([...args, '--set', 'sft.dataset.evalFraction=0'], { cwd });
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /dataset .*rows\.jsonl: example 1 contains the token "<\|extra\|>" \(id 36 of tokenizer\.json\), but the embeddings of the model have 36 rows/,
      );
    },
    60_000,
  );

  const gpt2 = { model_type: 'gpt2', n_embd: 16, n_layer: 1, n_head: 2, n_positions: 20 };
  const opt = { model_type: 'opt', ffn_dim: 16, max_position_embeddings: 20 };
  it.each([
    ['gpt2', gpt2, 'n_positions', '--dry-run'],
    ['gpt2', gpt2, 'n_positions', '--json'],
    ['opt', opt, 'max_position_embeddings', '--dry-run'],
  ])(
    'refuses rows beyond the positions of %s',
    async (family, config, field, flag) => {
      const model = await write(`${family}${flag}`, { config });
      const args = [
        'sft',
        '--model',
        model,
        '--dataset',
        'rows.jsonl',
        '--out',
        `no-${model}`,
        '--max-steps',
        '1',
        flag,
      ];
      const { code, stderr } = await openchat([...args, '--set', 'sft.maxLength=64'], { cwd });
      expect(code).toBe(1);
      expect(stderr).toMatch(
        new RegExp(
          `the longest row has \\d+ tokens, the model has 20 positions \\(${field} in config.json\\)\\. Set maxLength \\(now 64\\) to 20`,
        ),
      );
    },
    60_000,
  );

  it('pads no further than the positions', async () => {
    const model = await write('twenty-seven', { config: { ...gpt2, n_positions: 27 } });
    const args = ['sft', '--model', model, '--dataset', 'rows.jsonl', '--out', 'run-27', ...sft];
    const { code, stdout } = await openchat([...args, '--set', 'sft.maxLength=256'], { cwd });
    expect(code).toBe(0);
    expect(Number.isFinite(lossOf(stdout))).toBe(true);
  }, 60_000);
});

const cases = resolve(__dirname, '../../../shared/cases');
const reported = existsSync(cases) || process.env['CI'] === 'true' ? describe : describe.skip;
reported('the reported cases (../shared/cases)', () => {
  const run = async (name: string, ...set: string[]) => {
    const folder = join(cases, name);
    const args = [
      '--model',
      join(folder, 'model'),
      '--dataset',
      join(folder, 'two.jsonl'),
      '--out',
      `case-${name}`,
    ];
    const settings = ['sft.loggingSteps=1', ...set].flatMap((setting) => ['--set', setting]);
    return openchat(['sft', ...args, ...sft, ...settings], { cwd });
  };

  // The mean over 19 labels in torch 2.13.
  it.each([
    ['tied-flag-but-own-head', 'sft.maxLength=256', 6.6278591],
    ['special-token-beyond-the-embeddings', 'sft.maxLength=256', 6.6278591],
    ['rows-longer-than-the-positions', 'sft.maxLength=64', 6.3270339],
  ])(
    'has the loss of transformers: %s',
    async (name, setting, loss) => {
      expect(lossOf((await run(name, setting)).stdout)).toBeCloseTo(loss, 5);
    },
    60_000,
  );

  it('merges the adapter with a whole module', async () => {
    const folder = join(cases, 'adapter-with-whole-modules');
    const args = [
      '--base',
      join(folder, 'base'),
      '--adapter',
      join(folder, 'adapter'),
      '--to',
      'case-merged',
    ];
    expect(await openchat(['model', 'merge', ...args], { cwd })).toMatchObject({ code: 0, stderr: '' });
    const dataset = join(cases, 'tied-flag-but-own-head', 'two.jsonl');
    const first = ['--dataset', dataset, '--set', 'sft.dataset.limit=1', '--set', 'sft.maxLength=256'];
    const { stdout } = await openchat(
      ['sft', '--model', 'case-merged', '--out', 'case-adapter', ...first, ...sft],
      { cwd },
    );
    expect(lossOf(stdout)).toBeCloseTo(6.062762, 5);
  }, 60_000);

  it('reads a split GGUF model, and finds EOS in special_tokens_map.json', async () => {
    const split = join(cases, 'split-gguf', 'split-00001-of-00004.gguf');
    expect(await openchat(['model', 'import', split, '--to', 'case-split'], { cwd })).toMatchObject({
      code: 0,
    });
    const folder = join(cases, 'special-tokens-map');
    const args = [
      join(folder, 'rows.jsonl'),
      '--tokenizer',
      join(folder, 'tokenizer'),
      '--template',
      'alpaca',
    ];
    expect(await openchat(['data', 'ingest', ...args, '--out', 'case-ingested'], { cwd })).toMatchObject({
      code: 0,
    });
  }, 60_000);
});
