import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Example, exampleAdapter, type IngestedDataset, promptPlace } from '@open-chatgpt/datasets';
import type { IngestSource } from '../ingest/options';
import { type DatasetToCache, openCachedDataset } from './cached-dataset';

const cache = () => process.env['OPEN_CHATGPT_DATASET_CACHE'] as string;
const conversation = (i: number): Example => ({
  messages: [
    { role: 'user', content: `What is ${i}?` },
    { role: 'assistant', content: i % 7 === 0 ? '' : `\u0007It is ${i % 3}.` },
  ],
});
const source = (examples: readonly Example[], more: Partial<IngestSource> = {}): IngestSource => ({
  name: 'made-up',
  adapter: exampleAdapter,
  rows: (async function* () {
    for (const [index, value] of examples.entries()) yield { line: index + 1, value };
  })(),
  ...more,
});

let unique = 0;
const input = (examples: readonly Example[], more: Partial<DatasetToCache> = {}): DatasetToCache => ({
  kind: 'supervised',
  content: ++unique,
  sources: async () => [source(examples)],
  ...more,
});
async function splitsOf(dataset: IngestedDataset) {
  const read = async (split: 'train' | 'eval') => {
    const prompts: string[] = [];
    for await (const { messages } of dataset.examples('supervised', split)) prompts.push(messages[0].content);
    return prompts;
  };
  return { train: await read('train'), eval: await read('eval') };
}
const cached = (given: DatasetToCache) => openCachedDataset(given, splitsOf);

describe('openCachedDataset', () => {
  const examples = Array.from({ length: 400 }, (_, i) => conversation(i % 200));

  it('keeps every example as it is, and holds whole prompts out', async () => {
    const seed = 7;
    const { train, eval: held } = await cached(input(examples, { split: { evalFraction: 0.1, seed } }));
    const isHeldOut = (example: Example) => promptPlace(example, seed) < 0.1;
    const prompts = (some: Example[]) =>
      some.map((one) => ('messages' in one ? one.messages[0].content : ''));
    expect(held).toEqual(prompts(examples.filter(isHeldOut)));
    expect(train).toEqual(prompts(examples.filter((example) => !isHeldOut(example))));
    expect(Math.abs(held.length / 400 - 0.1)).toBeLessThan(0.05);
  });

  it('gives each split a prompt when there are two, and only then', async () => {
    for (let seed = 0; seed < 5; seed++) {
      for (const evalFraction of [0.001, 0.999]) {
        const split = { evalFraction, seed };
        const two = await cached(input([conversation(1), conversation(2), conversation(1)], { split }));
        expect([two.train.length, two.eval.length].sort()).toEqual([1, 2]);
        expect(new Set(two.train).has(two.eval[0])).toBe(false);
        expect(await cached(input([conversation(1)], { split }))).toMatchObject({ eval: [] });
      }
    }
    expect((await cached(input(examples, { split: { evalFraction: 0, seed: 1 } }))).eval).toEqual([]);
  });

  it('counts the examples up to a limit only', async () => {
    const limited = input(examples, {
      sources: async () => [source(examples, { maxExamples: 2 })],
      split: { evalFraction: 0.001, seed: 3 },
    });
    const { train, eval: held } = await cached(limited);
    expect([...train, ...held].sort()).toEqual(['What is 0?', 'What is 1?']);
    expect(held).toHaveLength(1);
  });

  it('reads the sources once for each content, kind, split and tokenization', async () => {
    let read = 0;
    const counted = (more: Partial<DatasetToCache>) => ({
      ...input(examples, { content: 'counted', ...more }),
      sources: async () => {
        read++;
        return [source(examples)];
      },
    });
    await cached(counted({}));
    await cached(counted({}));
    expect(read).toBe(1);
    await cached(counted({ content: 'other' }));
    await cached(counted({ split: { evalFraction: 0, seed: 1 } }));
    await openCachedDataset(counted({ kind: 'prompts' }), async () => null);
    expect(read).toBe(4);
  });

  it('makes an altered entry again', async () => {
    const given = input(examples);
    const first = await cached(given);
    const folders = readdirSync(cache()).map((name) => join(cache(), name, 'records/train.jsonl'));
    for (const path of folders) writeFileSync(path, readFileSync(path, 'utf8').replaceAll('What', 'Who'));
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expect(await cached(given)).toEqual(first);
    expect(warned).toHaveBeenCalledTimes(1);
    warned.mockRestore();
  });

  it('keeps no entry of data that changed while it was read, or that has no example', async () => {
    const entries = readdirSync(cache()).length;
    const changed = input(examples, {
      check: () => {
        throw new Error('changed while it was read');
      },
    });
    await expect(cached(changed)).rejects.toThrow('changed while it was read');
    await expect(cached(input([]))).rejects.toThrow(/dataset made-up: no supervised example is left/);
    expect(readdirSync(cache())).toHaveLength(entries);
  });
});
