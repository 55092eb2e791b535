import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSource, type Source, type SourceFile } from '@open-chatgpt/datasets';
import { withIdentifiedSource } from './identified-source';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const from = (name: string, text: string, more: Partial<SourceFile> = {}): SourceFile => ({
  name,
  async *open() {
    yield Buffer.from(text);
  },
  ...more,
});
const identify = (source: Source) =>
  withIdentifiedSource(source, async ({ source: { files }, ...identity }) => {
    const texts = [];
    for (const file of files) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of file.open()) chunks.push(chunk);
      texts.push(Buffer.concat(chunks).toString());
    }
    return { ...identity, texts };
  });
const temporary = () => readdirSync(tmpdir()).filter((name) => /^open-chatgpt-[A-Za-z0-9]{6}$/.test(name));

it('identifies a local file by its name and hash, in any folder', async () => {
  const [one, other] = ['one-', 'other-'].map((prefix) => mkdtempSync(join(tmpdir(), prefix)));
  for (const folder of [one, other]) writeFileSync(join(folder, 'rows.csv'), 'text');
  const found = await identify(await openSource(join(one, 'rows.csv')));
  expect(found).toEqual({
    content: [['rows.csv', sha256('text')]],
    sha256: sha256('text'),
    bytes: 4,
    texts: ['text'],
  });
  expect(await identify(await openSource(join(other, 'rows.csv')))).toEqual(found);
  for (const folder of [one, other]) rmSync(folder, { recursive: true });
});

it('downloads a file that has neither a path nor a version, and removes it', async () => {
  const before = temporary();
  const url = 'https://host/folder/rows.jsonl';
  expect(await identify({ name: url, files: [from(url, 'here')], leftOut: [] })).toMatchObject({
    content: [['rows.jsonl', sha256('here')]],
    texts: ['here'],
  });
  const broken = from(url, 'here', {
    async *open() {
      yield Buffer.from('he');
      throw new Error('the connection broke');
    },
  });
  await expect(identify({ name: url, files: [broken], leftOut: [] })).rejects.toThrow('the connection broke');
  expect(temporary()).toEqual(before);
});

it('reads no file that has a version', async () => {
  const file = from('hf://o/n@abc/rows.jsonl', 'far', { version: 'abc/rows.jsonl' });
  const source = { name: 'hf://o/n', files: [file], leftOut: [] };
  const identity = await withIdentifiedSource(source, async ({ source: { files }, ...rest }) => {
    expect(files).toEqual([file]);
    return rest;
  });
  expect(identity).toEqual({
    content: [['hf://o/n@abc/rows.jsonl', 'abc/rows.jsonl']],
    sha256: undefined,
    bytes: 0,
  });
});
