import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type DatasetKind,
  promptPlace,
  type RowSource,
  readDataset,
  tokenizeAll,
  tokenizePreference,
  tokenizePrompt,
  tokenizeSupervised,
  tokenizeUnpaired,
} from '@open-chatgpt/datasets';
import type { DataRole } from '@open-chatgpt/pipeline';
import { chatTemplate, type Tokenizer } from '@open-chatgpt/tokenizer';
import type { ModelDescription } from '../pipeline/base-model';
import { IngestedRows, MAX_LENGTH } from '../testing/ingested-rows';
import { tinyModel } from '../testing/tiny-model';
import { openRows, type RowOptions, type StageRows } from './open-rows';

const conversations = Array.from({ length: 60 }, (_, i) => ({
  instruction: `What is ${i}?`,
  output: `It is ${i}${', certainly'.repeat(i % 4)}.`,
}));
const pairs = Array.from({ length: 60 }, (_, i) => ({
  prompt: `What is ${i}?`,
  chosen: `It is ${i}${', certainly'.repeat(i % 4)}.`,
  rejected: `It is ${i + 1}${', perhaps'.repeat(i % 3)}.`,
}));
const answers = pairs.map(({ prompt, chosen, rejected }, i) => ({
  prompt,
  completion: i % 3 ? chosen : rejected,
  label: i % 3 > 0,
}));
const rowsOf = { instructions: conversations, pairs, labels: answers, prompts: conversations };
const roles = ['instructions', 'pairs', 'labels', 'prompts'] as const;

let written: IngestedRows;
afterEach(() => written.remove());

interface Options extends Partial<RowOptions> {
  limit?: number;
  evalFraction?: number;
  adapter?: string;
  columns?: Record<string, string>;
}

async function read<Role extends DataRole>(path: string, role: Role, options: Options = {}) {
  const { limit = null, evalFraction = 0.2, adapter, columns, ...more } = options;
  const { tokenizer } = written;
  const rows = await openRows({ path, limit, evalFraction, adapter, columns }, role, {
    model: modelWith(tokenizer),
    maxLength: MAX_LENGTH,
    seed: 0,
    ...more,
  });
  // The rows and their warnings are the same wherever they lie.
  const warnings = rows.warnings.map((warning) => warning.replaceAll(path, 'DATASET'));
  return contentOf({ ...rows, warnings });
}

/** A model that the rows fit. */
function modelWith(tokenizer: Tokenizer): ModelDescription {
  return {
    config: { ...tinyModel().config, vocabSize: tokenizer.vocabSize, maxPositionEmbeddings: 1024 },
    tokenizer,
    template: chatTemplate('model', tokenizer),
    generationConfig: null,
    warnings: [],
  };
}

async function contentOf<Role extends DataRole>({ train, ...rest }: StageRows<Role>) {
  const rows = await all(train);
  await train.close();
  return { rows, lengths: Array.from(train.lengths), ...rest };
}
const all = <R>(source: RowSource<R>) => source.rows(Array.from({ length: source.size }, (_, i) => i));

/** The rows of an unpacked file, computed in memory: its examples, split by their prompts, then tokenized. */
async function computed(role: DataRole, { limit = 1000, maxLength = MAX_LENGTH }: Options = {}) {
  const kind = (
    { instructions: 'supervised', pairs: 'preference', labels: 'unpaired', prompts: 'prompts' } as const
  )[role];
  const { tokenizer } = written;
  const template = chatTemplate('model', tokenizer);
  const tokenize: Record<DatasetKind, (...args: never[]) => Promise<object>> = {
    supervised: tokenizeSupervised,
    preference: tokenizePreference,
    unpaired: tokenizeUnpaired,
    prompts: tokenizePrompt,
  };
  const { examples } = await readDataset<DatasetKind>(written.file, { kind, limit });
  const places = examples.map((example) => promptPlace(example, 0));
  const tokens = async (heldOut: boolean) => {
    const some = examples.filter((_, i) => places[i] < 0.2 === heldOut);
    const rowOf = (one: unknown) => tokenize[kind](...([one, tokenizer, template, { maxLength }] as never[]));
    return (await tokenizeAll(some, rowOf)).items;
  };
  return { rows: await tokens(false), evaluation: await tokens(true) };
}

/** What of a row is trained on; shards also say which record a row is from, and where its documents begin. */
const tokens = (rows: readonly object[]) =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([name]) => !['source', 'sources', 'positionIds', 'segmentIds'].includes(name))
        .map(([name, value]) => [name, typeof value === 'object' ? [...value] : value]),
    ),
  );

describe.each(roles)('%s', (role) => {
  beforeEach(async () => {
    written = await IngestedRows.write(rowsOf[role], role === 'labels' ? 'unpaired' : undefined);
  });

  it.each<[string, Options]>([
    ['whole', {}],
    ['up to a length', { maxLength: 36 }],
    ['up to a number of rows', { limit: 17 }],
  ])('of a file, %s, are those computed in memory', async (_, options) => {
    const found = await read(written.file, role, options);
    const expected = await computed(role, options);
    expect(tokens(found.rows)).toEqual(tokens(expected.rows));
    expect(tokens(found.evaluation)).toEqual(tokens(expected.evaluation));
    expect(found.heldOut).toHaveLength(found.evaluation.length);
    expect(found.rows.length).toBeGreaterThan(5);
  });

  it.each<[string, Options]>([
    ['whole', {}],
    ['up to another length', { maxLength: 36 }],
    ['up to a number of rows', { limit: 17 }],
  ])('of an ingested folder, %s, are those of the file', async (_, options) => {
    const tokenized = await written.ingest('tokenized', {}, 0);
    const records = await written.ingest('records', undefined, 0);
    const expected = await read(written.file, role, options);
    expect(await read(tokenized, role, options)).toEqual(expected);
    expect(await read(records, role, options)).toEqual(expected);
  });

  it('are held out as the ingested folder says', async () => {
    const folder = await written.ingest('split', {});
    expect(await read(folder, role, { evalFraction: 0, seed: 5 })).toEqual(await read(written.file, role));
  });
});

describe('rows that were tokenized when they were ingested', () => {
  it.each<['instructions' | 'pairs', boolean]>([
    ['instructions', false],
    ['instructions', true],
    ['pairs', false],
  ])('%s, packed %p, are read from their shards, and no training record is', async (role, packing) => {
    written = await IngestedRows.write(rowsOf[role]);
    const folder = await written.ingest('tokenized', { pack: packing });
    const expected = await read(written.file, role, { packing });
    writeFileSync(join(folder, 'records/train.jsonl'), 'not read\n');
    const entries = cacheEntries();
    const found = await read(folder, role, { packing });
    expect({ ...found, rows: tokens(found.rows) }).toEqual({ ...expected, rows: tokens(expected.rows) });
    expect(cacheEntries()).toEqual(entries);
  });

  it('must be the ones that were written', async () => {
    written = await IngestedRows.write(conversations);
    const folder = await written.ingest('tokenized', {});
    const shards = join(folder, 'shards/train');
    const shard = join(shards, readdirSync(shards).find((name) => name.endsWith('.shard')) as string);
    const bytes = readFileSync(shard);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(shard, bytes);
    await expect(read(folder, 'instructions')).rejects.toThrow(/sha256 is .* the index says/);
    const index = join(shards, 'index.json');
    writeFileSync(index, readFileSync(index, 'utf8').replace('"documents"', ' "documents"'));
    await expect(read(folder, 'instructions')).rejects.toThrow(/index.json: not the file that the manifest/);
  });

  it('were read with an adapter', async () => {
    written = await IngestedRows.write(conversations);
    const folder = await written.ingest('tokenized', {});
    await expect(read(folder, 'instructions', { adapter: 'alpaca' })).rejects.toThrow(
      /was read when it was ingested; leave out the adapter \("alpaca"\)/,
    );
    await expect(read(folder, 'instructions', { columns: { prompt: 'q' } })).rejects.toThrow(
      /was read when it was ingested; leave out the columns/,
    );
    await expect(read(folder, 'pairs')).rejects.toThrow(/holds supervised examples; expected preference/);
  });
});

it('the columns of a table decide what is read', async () => {
  written = await IngestedRows.write(conversations);
  const path = join(mkdtempSync(join(tmpdir(), 'columns-')), 'table.csv');
  writeFileSync(path, 'first,second\nab,ba\naa,bb\n');
  const lengths = async (columns?: Record<string, string>) =>
    (await read(path, 'instructions', { evalFraction: 0, columns })).rows.map(({ inputIds }) => [
      ...inputIds,
    ]);
  const forward = await lengths({ prompt: 'first', output: 'second' });
  const backward = await lengths({ prompt: 'second', output: 'first' });
  expect([forward.length, backward.length]).toEqual([2, 2]);
  // The cache distinguishes them, although it is the same file.
  expect(backward).not.toEqual(forward);
  await expect(lengths()).rejects.toThrow(/--columns prompt=first,output=second/);
  rmSync(dirname(path), { recursive: true });
});

describe('packed rows', () => {
  it('are the same from a file, its records, and the shards of a folder', async () => {
    written = await IngestedRows.write(conversations);
    const packing = { packing: true };
    const fromFile = await read(written.file, 'instructions', packing);
    const unpacked = await read(written.file, 'instructions');
    expect(fromFile.rows.length).toBeLessThan(unpacked.rows.length);
    expect(Math.max(...fromFile.lengths)).toBeLessThanOrEqual(MAX_LENGTH);
    expect(fromFile.evaluation).toEqual(unpacked.evaluation);
    expect(await read(await written.ingest('packed', { pack: true }), 'instructions', packing)).toEqual(
      fromFile,
    );
    expect(await read(await written.ingest('other', {}), 'instructions', packing)).toEqual(fromFile);
    expect(await read(await written.ingest('records'), 'instructions', packing)).toEqual(fromFile);
  });
});

it('texts that are changed when they are read are told, with the first before and after', async () => {
  written = await IngestedRows.write([...conversations, { ...conversations[0], input: '<noinput>' }]);
  const { warnings } = await read(written.file, 'instructions');
  expect(warnings).toEqual([
    expect.stringMatching(/^1 rows were changed \(noInput\), first .*:61: "<noinput>" → ""$/),
  ]);
  expect((await read(await written.ingest('folder', {}), 'instructions')).warnings).toEqual([]);
});

describe('rows that are left out', () => {
  it('are counted by reason: those of the file, and those that tokenization leaves out', async () => {
    written = await IngestedRows.write([...pairs, { prompt: 'no answers' }]);
    appendFileSync(written.file, '17\n{"prompt": "broken\n');
    const { dropped, rows, evaluation } = await read(written.file, 'pairs', { maxLength: 36 });
    const { answerTooLong, ...unread } = dropped;
    expect(unread).toEqual({ 'missing:chosen': 1, notAnObject: 1, brokenJson: 1 });
    expect(answerTooLong).toBeGreaterThan(0);
    const whole = await read(written.file, 'pairs');
    expect(rows.length + answerTooLong).toBe(whole.rows.length);
    expect(evaluation.length).toBeLessThanOrEqual(whole.evaluation.length);
    // What ingestion left out was reported when the folder was made.
    const folder = await written.ingest('folder', { maxLength: 36 });
    expect((await read(folder, 'pairs', { maxLength: 36 })).dropped).toEqual({ answerTooLong });
  });

  it('must not be all, and the message says what to do', async () => {
    written = await IngestedRows.write(conversations);
    const tooShort = () => read(written.file, 'prompts', { maxLength: 3 });
    const message = /none of \d+ examples is left after tokenization: \d+ promptTooLong. Raise maxLength/;
    await expect(tooShort()).rejects.toThrow(message);
    // The second time, what was made in the cache is opened, and is not taken for damaged.
    await expect(tooShort()).rejects.toThrow(message);
    await expect(read(written.file, 'pairs')).rejects.toThrow(/holds no preference examples/);
  });
});

describe('sources', () => {
  beforeEach(async () => {
    written = await IngestedRows.write(conversations);
  });

  it.each([
    ['builtin:nothing', /there is no dataset "builtin:nothing"; the only one built in is builtin:tasks/],
    ['dataset:mine', /dataset:mine names a dataset of the platform/],
    ['/nowhere/rows.jsonl', /\/nowhere\/rows.jsonl: no such file/],
  ])('%s is refused', async (path, message) => {
    await expect(read(path, 'instructions')).rejects.toThrow(message);
  });

  it('built in are generated, with their own held-out prompts', async () => {
    const { rows, evaluation, heldOut } = await read('builtin:tasks', 'prompts', { limit: 30 });
    expect([rows.length, evaluation.length]).toEqual([30, 400]);
    expect(heldOut[0]).toMatchObject({
      answer: expect.any(String),
      taskLanguage: expect.stringMatching(/en|zh/),
    });
    const again = await read('builtin:tasks', 'prompts', { limit: 30, seed: 1 });
    expect(again.rows[0]).not.toEqual(rows[0]);
  });

  it('may be opened by several at the same time', async () => {
    const opened = await Promise.all([1, 2, 3].map(() => read(written.file, 'instructions', { limit: 40 })));
    expect(opened[1]).toEqual(opened[0]);
    expect(opened[2]).toEqual(opened[0]);
  });
});

function cacheEntries(): string[] {
  const folder = process.env['OPEN_CHATGPT_DATASET_CACHE'] as string;
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
