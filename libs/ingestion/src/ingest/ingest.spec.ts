import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADAPTERS, type Adapter, openShards, type RawRow } from '@open-chatgpt/datasets';
import { createRng } from '@open-chatgpt/random';
import { buildTokenizer, chatTemplate, loadTokenizer, type Tokenizer } from '@open-chatgpt/tokenizer';
import { ingest } from './ingest';
import type { IngestOptions, IngestSource, Tokenization } from './options';

const adapter = (name: string) => ADAPTERS.find((candidate) => candidate.name === name) as Adapter;

let root: string;
let tokenizer: Tokenizer;
beforeAll(async () => {
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
  tokenizer = await loadTokenizer(buildTokenizer([...ascii, '\n']));
});
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ingest-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const COUNT = 1000;

/** Made-up instruction rows; every tenth is one of the troubles. */
const rng = createRng(9);
const word = () => (rng.int(26 ** 4) + 26 ** 4).toString(26).replace(/\d/g, (d) => 'qrstuvwxyz'[Number(d)]);
const sentence = (count: number) => Array.from({ length: count }, word).join(' ');
const ROWS: unknown[] = Array.from({ length: COUNT }, (_, i) => ({
  instruction: `Tell me about ${sentence(4)}`,
  input: i % 3 ? '' : sentence(3),
  output: sentence(10 + rng.int(40)),
}));
for (let i = 50; i < COUNT; i += 10) {
  const good = ROWS[i - 7] as { instruction: string; input: string; output: string };
  ROWS[i] = [
    { ...good, output: '' },
    good,
    { ...good, instruction: good.instruction.toUpperCase() },
    { ...good, input: '', output: 'no' },
    'not a row',
    { instruction: 'q' },
    { instruction: good.instruction, input: '<noinput>', output: `${sentence(20)}\u0000` },
  ][(i / 10) % 7];
}

async function* stream(
  values: readonly unknown[],
  stopAt = Number.POSITIVE_INFINITY,
): AsyncGenerator<RawRow> {
  for (const [index, value] of values.entries()) {
    if (index === stopAt) throw new Error('the power went out');
    if (value === 'broken') yield { line: index + 1, reason: 'brokenJson', text: '{"a":' };
    else yield { line: index + 1, value };
  }
}
const source = (values: readonly unknown[], stopAt?: number, name = 'made-up'): IngestSource => ({
  name,
  rows: stream(values, stopAt),
  adapter: adapter('alpaca'),
  describe: () => ({ uri: `file:${name}.jsonl`, sha256: 'cd'.repeat(32) }),
});
/** An adapter that corrects nothing, as Alpaca's does. */
const asTheyAre: Adapter = {
  name: 'as-they-are',
  detect: () => false,
  supervised: (row) => [
    {
      messages: [
        { role: 'user', content: String(row['instruction']) },
        { role: 'assistant', content: String(row['output']) },
      ],
    },
  ],
};
const tokenization = (more: Partial<Tokenization> = {}): Tokenization => ({
  tokenizer,
  template: chatTemplate('alpaca', tokenizer),
  maxLength: 600,
  shardBytes: 60_000,
  pack: true,
  ...more,
});
const options = (output: string, more: Partial<IngestOptions> = {}): IngestOptions => ({
  kind: 'supervised',
  sources: [source(ROWS)],
  output: join(root, output),
  split: { evalFraction: 0.1, seed: 3 },
  tokenization: tokenization(),
  ...more,
});

/** Every file below a folder, with its content. */
function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true }).map(String).sort();
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name)).toString('latin1')]));
}
const lines = (path: string) =>
  readFileSync(join(root, path), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('ingest', () => {
  it('accounts for every row, and has no prompt in both splits', async () => {
    const report = await ingest(options('set'));
    const droppedRows = Object.values(report.dropped).reduce((sum, { count }) => sum + count, 0);
    expect(report.rows).toBe(COUNT);
    expect(report.kept.train + report.kept.eval + droppedRows).toBe(COUNT);
    for (const reason of [
      'emptyOutput',
      'exactDuplicate',
      'nearDuplicate',
      'notAnObject',
      'missing:output',
    ]) {
      if (reason === 'nearDuplicate') continue;
      expect([reason, report.dropped[reason]?.count]).toEqual([reason, expect.any(Number)]);
    }
    const [copy] = report.dropped['exactDuplicate'].examples;
    expect(copy.of).toEqual({ dataset: 'made-up', row: copy.row - 7 });
    expect(copy.text).toContain('Tell me about');
    expect(report.dropped['exactDuplicate'].examples.length).toBe(3);
    const { count, examples } = report.repaired['controlCharacters'];
    expect(examples.length).toBe(Math.min(count, 3));
    expect(examples[0].before).not.toBe(examples[0].after);
    expect(report.sources).toEqual([
      {
        name: 'made-up',
        adapter: 'alpaca',
        weight: 1,
        rows: COUNT,
        kept: report.kept.train + report.kept.eval,
        uri: 'file:made-up.jsonl',
        sha256: 'cd'.repeat(32),
      },
    ]);

    const [train, held] = [lines('set/records/train.jsonl'), lines('set/records/eval.jsonl')];
    expect([train.length, held.length]).toEqual([report.kept.train, report.kept.eval]);
    expect(held.length / COUNT).toBeGreaterThan(0.06);
    const prompt = (row: { instruction: string; input: string }) => `${row.instruction}\n${row.input}`;
    const seen = new Set(train.map(prompt));
    expect(held.filter((row) => seen.has(prompt(row)))).toEqual([]);
    expect(train[0]).toEqual({
      ...(ROWS[0] as object),
      dataset: 'made-up',
      row: 1,
      language: expect.any(String),
    });
    const statistics = Object.values(report.characters.train['made-up']);
    expect(statistics.reduce((sum, { rows }) => sum + rows, 0)).toBe(train.length);
    expect(readdirSync(join(root, 'set')).sort()).toEqual([
      'dataset.json',
      'records',
      'report.json',
      'shards',
    ]);
    expect(existsSync(join(root, 'set.partial'))).toBe(false);
  });

  it('the shards hold the tokens of the records', async () => {
    const report = await ingest(options('set'));
    const train = lines('set/records/train.jsonl');
    const shards = await openShards(join(root, 'set/shards/train'), 'supervised');
    await shards.verify();
    expect(shards.index.shards.length).toBeGreaterThan(1);
    const documents = new Set<number>();
    for (let index = 0; index < shards.rows; index++) {
      const row = await shards.row(index);
      expect(row.inputIds.length).toBeLessThanOrEqual(600);
      for (const [segment, record] of row.sources.entries()) {
        documents.add(record);
        if (index % 20) continue;
        const ids = [...row.inputIds].filter(
          (_, t) => row.segmentIds[t] === segment && row.labels[t] !== -100,
        );
        expect(await tokenizer.decode(ids)).toBe(`${train[record].output}</s>`);
      }
    }
    expect(
      documents.size + Object.values(report.notTokenized?.train ?? {}).reduce((n, { count }) => n + count, 0),
    ).toBe(train.length);
    expect(shards.index.documents).toBe(documents.size);
    const counted = Object.values(report.tokens?.train['made-up'] ?? {}).reduce(
      (sum, { total }) => sum + total,
      0,
    );
    expect(counted).toBe(shards.index.tokens);
    await shards.close();
  });

  it('gives the same bytes again, whatever the checkpoints', async () => {
    await ingest(options('a'));
    await ingest(options('b', { sources: [source(ROWS)], checkpointRows: 17 }));
    expect(filesOf(join(root, 'b'))).toEqual(filesOf(join(root, 'a')));
  });

  it.each([0, 99, 100, 101, COUNT - 1])(
    'stopped at row %p and resumed, it gives the same bytes',
    async (stopAt) => {
      const memory = { dedup: { memoryMiB: 0.1 }, checkpointRows: 100 };
      const unbroken = await ingest(options('unbroken', memory));
      expect(unbroken.forgotten['near']).toBeGreaterThan(0);
      await expect(ingest(options('set', { ...memory, sources: [source(ROWS, stopAt)] }))).rejects.toThrow(
        /power/,
      );
      expect(existsSync(join(root, 'set'))).toBe(false);
      expect(await ingest(options('set', { ...memory, sources: [source(ROWS)], resume: true }))).toEqual(
        unbroken,
      );
      expect(filesOf(join(root, 'set'))).toEqual(filesOf(join(root, 'unbroken')));
    },
  );

  it.each([0, 700, 1700])(
    'stopped while it tokenizes, after %p calls, and resumed, it gives the same bytes',
    async (calls) => {
      await ingest(options('unbroken'));
      let left = calls;
      const failing = Object.create(tokenizer, {
        encode: {
          value: (...args: Parameters<Tokenizer['encode']>) => {
            if (left-- <= 0) throw new Error('the power went out');
            return tokenizer.encode(...args);
          },
        },
      });
      const broken = tokenization({ tokenizer: failing });
      await expect(ingest(options('set', { sources: [source(ROWS)], tokenization: broken }))).rejects.toThrow(
        /power/,
      );
      await ingest(options('set', { sources: [source(ROWS)], resume: true }));
      expect(filesOf(join(root, 'set'))).toEqual(filesOf(join(root, 'unbroken')));
    },
  );

  it('stops at a signal with its state saved, and starts from the beginning without resume', async () => {
    const controller = new AbortController();
    async function* rows() {
      for await (const row of stream(ROWS)) {
        if (row.line === 500) controller.abort(new Error('stopped by hand'));
        yield row;
      }
    }
    const stopped = options('set', {
      sources: [{ ...source(ROWS), rows: rows() }],
      signal: controller.signal,
    });
    await expect(ingest(stopped)).rejects.toThrow(/stopped by hand/);
    const state = JSON.parse(readFileSync(join(root, 'set.partial/.work/state.json'), 'utf8'));
    // Rows are read ahead by a batch or two.
    expect(state.records.rows[0]).toBeGreaterThan(240);
    await ingest(options('set'));
    await ingest(options('other', { sources: [source(ROWS)] }));
    expect(filesOf(join(root, 'set'))).toEqual(filesOf(join(root, 'other')));
  });

  it('a finished dataset is not made again', async () => {
    const report = await ingest(options('set'));
    expect(await ingest(options('set', { resume: true, sources: [source([])] }))).toEqual(report);
    await expect(ingest(options('set'))).rejects.toThrow(/exists, a dataset made earlier/);
    await expect(ingest(options('set', { resume: true, split: {} }))).rejects.toThrow(
      /exists, a dataset made earlier/,
    );
  });

  it('mixes by weight, and ends as mixEnd says', async () => {
    const [a, b] = [ROWS.slice(0, 50), ROWS.slice(900, 940)];
    const mixed = async (output: string, more: Partial<IngestOptions>) => {
      const sources = [{ ...source(a, undefined, 'a'), weight: 3 }, source(b, undefined, 'b')];
      await ingest(options(output, { sources, split: {}, tokenization: undefined, ...more }));
      return lines(`${output}/records/train.jsonl`)
        .map((row) => row.dataset)
        .join('');
    };
    const some = await mixed('some', { mixEnd: 'anySource' });
    expect(some.slice(0, 24)).toBe('aaba'.repeat(6));
    expect(some.length).toBeLessThan(70);
    const all = await mixed('all', {});
    expect(all.startsWith(some)).toBe(true);
    expect(all.length).toBeGreaterThan(80);
  });

  it('takes no more examples of a source than it may, in the split that it names, and cleans none with cleaning: false', async () => {
    const row = (i: number) => ({
      instruction: `What is ${i}?`,
      input: '',
      output: i === 2 ? '<No Output> \u0007' : `${i}`,
    });
    const values = ['broken', ...Array.from({ length: 40 }, (_, i) => row(i))];
    const sources: IngestSource[] = [
      { ...source(values, undefined, 'a'), maxExamples: 5 },
      { ...source(values.slice(20), undefined, 'b'), split: 'eval' },
    ];
    const adapters = sources.map((one) => ({ ...one, adapter: asTheyAre }));
    const report = await ingest(
      options('limited', {
        sources: adapters,
        cleaning: false,
        dedup: { exact: false, near: false },
        split: {},
        tokenization: undefined,
      }),
    );
    expect([report.kept, report.sources.map(({ kept }) => kept)]).toEqual([{ train: 5, eval: 21 }, [5, 21]]);
    expect(lines('limited/records/train.jsonl').map(({ output }) => output)).toEqual([
      '0',
      '1',
      '<No Output> \u0007',
      '3',
      '4',
    ]);
    expect(new Set(lines('limited/records/eval.jsonl').map(({ dataset }) => dataset))).toEqual(
      new Set(['b']),
    );
  });

  it('reports prompts that are near-duplicates of prompts in the other split', async () => {
    const long = sentence(60);
    const rows = Array.from({ length: 40 }, (_, i) => ({
      instruction: `${long} ${'abcdefghijklmnopqrstuvwxyzabcdefghijklmnop'[i]}x`,
      input: '',
      output: sentence(60),
    }));
    const { nearPromptsAcrossSplit: crossing } = await ingest(
      options('set', {
        sources: [source(rows)],
        split: { evalFraction: 0.3, seed: 1 },
        tokenization: undefined,
      }),
    );
    const found = Object.values(crossing).reduce((sum, { count }) => sum + count, 0);
    expect(found).toBeGreaterThan(5);
    expect(Object.values(crossing)[0].examples[0].of?.dataset).toBe('made-up');
  });

  it('packs training rows independently of the batches, and no held-out row', async () => {
    const shardsOf = async (name: string) => {
      const output = `named-${name.length}`;
      await ingest(options(output, { sources: [source(ROWS, undefined, name)] }));
      return readdirSync(join(root, output, 'shards/train')).map((file) =>
        readFileSync(join(root, output, 'shards/train', file)).toString('latin1'),
      );
    };
    // Records of this length make batches of about 100; those of a short name make one batch.
    const long = await shardsOf('n'.repeat(10_000));
    expect(long.length).toBeGreaterThan(2);
    expect(long).toEqual(await shardsOf('short'));
    const held = await openShards(join(root, 'named-5/shards/eval'), 'supervised');
    expect(held.rows).toBeGreaterThan(10);
    expect(held.index.documents).toBe(held.rows);
    expect(held.index.header.packed).toBe(false);
    await held.close();
  });

  it('pairs and prompts', async () => {
    const rows = Array.from({ length: 200 }, () => ({
      prompt: sentence(5),
      chosen: sentence(6),
      rejected: sentence(6),
    }));
    for (const kind of ['preference', 'prompts'] as const) {
      const sources = [{ ...source([...rows, 'broken']), adapter: adapter('preference') }];
      const report = await ingest(
        options(kind, { kind, sources, tokenization: tokenization({ pack: false }) }),
      );
      expect(report.dropped['brokenJson'].examples).toEqual([
        { dataset: 'made-up', row: 201, text: '{"a":' },
      ]);
      const shards = await openShards(join(root, kind, 'shards/train'), kind);
      expect(shards.rows).toBe(report.kept.train);
      const row = await shards.row(3);
      const record = lines(`${kind}/records/train.jsonl`)[row.source];
      const ids = 'chosenIds' in row ? row.chosenIds : row.inputIds;
      const question = (record.prompt ?? record.messages)[0].content;
      expect(await tokenizer.decode([...ids])).toContain(question);
      if ('chosenIds' in row) expect(await tokenizer.decode([...row.rejectedIds])).toContain(record.rejected);
      await shards.close();
    }
  });

  it.each<[string, (o: IngestOptions) => Partial<IngestOptions>, RegExp]>([
    ['no source', () => ({ sources: [] }), /no sources/],
    [
      'two sources of one name',
      () => ({ sources: [source([]), source([])] }),
      /two sources are called "made-up"/,
    ],
    ['a format of another kind', () => ({ kind: 'preference' }), /"alpaca" format holds no preference/],
    ['a fraction of 1', () => ({ split: { evalFraction: 1 } }), /evalFraction is 1/],
    ['a broken seed', () => ({ split: { seed: 0.5 } }), /seed is 0.5/],
    ['a weight of 0', (o) => ({ sources: [{ ...o.sources[0], weight: 0 }] }), /weight of source 0 is 0/],
    ['a negative length', () => ({ tokenization: tokenization({ maxLength: -1 }) }), /maxLength is -1/],
    ['packed prompts', () => ({ kind: 'prompts' }), /prompts rows cannot be packed/],
    ['a wrong cleaning rule', () => ({ cleaning: { maxRepetition: 7 } }), /maxRepetition/],
    ['a wrong threshold', () => ({ dedup: { threshold: 7 } }), /threshold/],
    [
      'nothing left',
      () => ({ sources: [source(['x', { instruction: 'q' }])] }),
      /no supervised example is left.*Left out: 1 notAnObject/,
    ],
  ])('refuses %s', async (_, change, message) => {
    const good = options('set');
    await expect(ingest({ ...good, ...change(good) })).rejects.toThrow(message);
    expect(existsSync(join(root, 'set'))).toBe(false);
  });

  it('rejects a resume with other options, with fewer rows, or with an altered folder', async () => {
    const begin = () => ingest(options('set', { sources: [source(ROWS, 650)], checkpointRows: 100 }));
    await expect(begin()).rejects.toThrow(/power/);
    const resume = (more: Partial<IngestOptions>) => ingest(options('set', { resume: true, ...more }));
    await expect(resume({ split: { evalFraction: 0.2 } })).rejects.toThrow(/begun with other options/);
    await expect(resume({ sources: [source(ROWS.slice(0, 500))] })).rejects.toThrow(
      /ends after 500 rows, where a checkpoint counted 600/,
    );
    writeFileSync(join(root, 'set.partial/records/train.jsonl'), '');
    await expect(resume({ sources: [source(ROWS)] })).rejects.toThrow(/0 bytes, where a checkpoint counted/);
    writeFileSync(join(root, 'set.partial/.work/state.json'), '{');
    await expect(resume({ sources: [source(ROWS)] })).rejects.toThrow(/state.json: no JSON/);
    mkdirSync(join(root, 'taken'));
    await expect(ingest(options('taken', { sources: [source(ROWS)] }))).rejects.toThrow(/is no dataset/);
  });
});
