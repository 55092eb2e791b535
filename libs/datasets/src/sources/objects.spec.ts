import { objectOpener, type ReadableStore } from './objects';
import { openSource } from './open-source';

const store = (keys: readonly string[]): ReadableStore => ({
  async *list(prefix) {
    for (const key of keys) if (key.startsWith(prefix)) yield { key, size: key.length };
  },
  async get(key) {
    return (async function* () {
      yield Buffer.from(`bytes of ${key}`);
    })();
  },
});
const keys = ['set/a.jsonl', 'set/b.parquet', 'set/README.md', 'setting/c.jsonl', 'one'];
const open = (spec: string, listed = keys) =>
  openSource(spec, { openers: { s3: objectOpener(() => store(listed)) } });

it.each([
  ['s3://bucket/set', ['set/a.jsonl', 'set/b.parquet'], ['set/README.md']],
  ['s3://bucket/set/', ['set/a.jsonl', 'set/b.parquet'], ['set/README.md']],
  ['s3://bucket/set/a.jsonl', ['set/a.jsonl'], []],
  ['s3://bucket/one', ['one'], []],
  ['s3://bucket', ['set/a.jsonl', 'set/b.parquet', 'setting/c.jsonl'], ['set/README.md', 'one']],
])('%s is %j', async (spec, files, leftOut) => {
  const source = await open(spec);
  expect(source.files.map(({ name }) => name)).toEqual(files);
  expect(source.leftOut).toEqual(leftOut);
  const chunks = [];
  for await (const chunk of source.files[0].open()) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe(`bytes of ${files[0]}`);
});

it.each<[string, string[], RegExp]>([
  ['s3://bucket/nothing', keys, /there is nothing\. Check bucket and key/],
  ['s3://bucket/set', ['set/README.md'], /no data file there; it has set\/README\.md/],
  ['s3://', keys, /expected a bucket and a key/],
  ['s3://bucket/set', ['set/../../etc/a.jsonl'], /leads out of it\. The listing is not to be trusted/],
])('%s is refused', async (spec, listed, message) => {
  await expect(open(spec, listed)).rejects.toThrow(message);
});

it('without a store, says what is missing', async () => {
  await expect(openSource('s3://bucket/set')).rejects.toThrow(/s3:\/\/ needs a configured object store/);
});
