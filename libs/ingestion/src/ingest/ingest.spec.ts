import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type Adapter, openShards } from '@open-chatgpt/datasets';
import { IngestFixture } from '../testing/ingest-fixture';
import { adapterOf, COUNT, ROWS, sentence, source } from '../testing/made-up-source';
import { ingest } from './ingest';
import type { IngestOptions, IngestSource } from './options';

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

describe('ingest', () => {
  const fixture = IngestFixture.forSpec();

  it('accounts for every row, and has no prompt in both splits', async () => {
    const report = await ingest(fixture.options('set'));
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

    const [train, held] = [fixture.lines('set/records/train.jsonl'), fixture.lines('set/records/eval.jsonl')];
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
    expect(readdirSync(fixture.path('set')).sort()).toEqual([
      'dataset.json',
      'records',
      'report.json',
      'shards',
    ]);
    expect(existsSync(fixture.path('set.partial'))).toBe(false);
  });

  it('the shards hold the tokens of the records', async () => {
    const report = await ingest(fixture.options('set'));
    const train = fixture.lines('set/records/train.jsonl');
    const shards = await openShards(fixture.path('set/shards/train'), 'supervised');
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
        expect(await fixture.tokenizer.decode(ids)).toBe(`${train[record].output}</s>`);
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

  it('mixes by weight, and ends as mixEnd says', async () => {
    const [a, b] = [ROWS.slice(0, 50), ROWS.slice(900, 940)];
    const mixed = async (output: string, more: Partial<IngestOptions>) => {
      const sources = [{ ...source(a, undefined, 'a'), weight: 3 }, source(b, undefined, 'b')];
      await ingest(fixture.options(output, { sources, split: {}, tokenization: undefined, ...more }));
      return fixture
        .lines(`${output}/records/train.jsonl`)
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
      fixture.options('limited', {
        sources: adapters,
        cleaning: false,
        dedup: { exact: false, near: false },
        split: {},
        tokenization: undefined,
      }),
    );
    expect([report.kept, report.sources.map(({ kept }) => kept)]).toEqual([{ train: 5, eval: 21 }, [5, 21]]);
    expect(fixture.lines('limited/records/train.jsonl').map(({ output }) => output)).toEqual([
      '0',
      '1',
      '<No Output> \u0007',
      '3',
      '4',
    ]);
    expect(new Set(fixture.lines('limited/records/eval.jsonl').map(({ dataset }) => dataset))).toEqual(
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
      fixture.options('set', {
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
      await ingest(fixture.options(output, { sources: [source(ROWS, undefined, name)] }));
      return readdirSync(fixture.path(`${output}/shards/train`)).map((file) =>
        readFileSync(fixture.path(`${output}/shards/train/${file}`)).toString('latin1'),
      );
    };
    // Records of this length make batches of about 100; those of a short name make one batch.
    const long = await shardsOf('n'.repeat(10_000));
    expect(long.length).toBeGreaterThan(2);
    expect(long).toEqual(await shardsOf('short'));
    const held = await openShards(fixture.path('named-5/shards/eval'), 'supervised');
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
      const sources = [{ ...source([...rows, 'broken']), adapter: adapterOf('preference') }];
      const report = await ingest(
        fixture.options(kind, { kind, sources, tokenization: fixture.tokenization({ pack: false }) }),
      );
      expect(report.dropped['brokenJson'].examples).toEqual([
        { dataset: 'made-up', row: 201, text: '{"a":' },
      ]);
      const shards = await openShards(fixture.path(`${kind}/shards/train`), kind);
      expect(shards.rows).toBe(report.kept.train);
      const row = await shards.row(3);
      const record = fixture.lines(`${kind}/records/train.jsonl`)[row.source];
      const ids = 'chosenIds' in row ? row.chosenIds : row.inputIds;
      const question = (record.prompt ?? record.messages)[0].content;
      expect(await fixture.tokenizer.decode([...ids])).toContain(question);
      if ('chosenIds' in row)
        expect(await fixture.tokenizer.decode([...row.rejectedIds])).toContain(record.rejected);
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
    [
      'a negative length',
      () => ({ tokenization: fixture.tokenization({ maxLength: -1 }) }),
      /maxLength is -1/,
    ],
    ['packed prompts', () => ({ kind: 'prompts' }), /prompts rows cannot be packed/],
    ['a wrong cleaning rule', () => ({ cleaning: { maxRepetition: 7 } }), /maxRepetition/],
    ['a wrong threshold', () => ({ dedup: { threshold: 7 } }), /threshold/],
    [
      'nothing left',
      () => ({ sources: [source(['x', { instruction: 'q' }])] }),
      /no supervised example is left.*Left out: 1 notAnObject/,
    ],
  ])('refuses %s', async (_, change, message) => {
    const good = fixture.options('set');
    await expect(ingest({ ...good, ...change(good) })).rejects.toThrow(message);
    expect(existsSync(fixture.path('set'))).toBe(false);
  });
});
