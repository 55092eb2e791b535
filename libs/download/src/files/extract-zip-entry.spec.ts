import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zip } from '../testing/zip';
import { extractZipEntry } from './extract-zip-entry';

const folder = mkdtempSync(join(tmpdir(), 'zip-'));
const archive = join(folder, 'a.zip');
const target = join(folder, 'out');
afterAll(() => rmSync(folder, { recursive: true }));

const large = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
const valid = zip([
  { name: 'first.txt', content: Buffer.from('first') },
  { name: 'folder/large.bin', content: large },
  { name: 'stored.txt', content: Buffer.from('as it is'), method: 0 },
  { name: 'odd.txt', content: Buffer.from('odd'), method: 12 },
]);

it('extracts a compressed and a stored file and reports progress', async () => {
  writeFileSync(archive, valid);
  const progress: [number, number][] = [];
  await extractZipEntry(archive, 'folder/large.bin', target, (...at) => progress.push(at));
  expect(readFileSync(target).equals(large)).toBe(true);
  expect(progress[progress.length - 1]).toEqual([large.length, large.length]);
  await extractZipEntry(archive, 'stored.txt', target);
  expect(readFileSync(target, 'utf8')).toBe('as it is');
});

it('finds the directory before a comment', async () => {
  writeFileSync(archive, zip([{ name: 'a', content: Buffer.from('x') }], 'a comment'));
  await extractZipEntry(archive, 'a', target);
  expect(readFileSync(target, 'utf8')).toBe('x');
});

it.each<[string, Buffer, string, RegExp]>([
  ['an empty file', Buffer.alloc(0), 'a', /not a zip archive or is truncated/],
  ['a truncated archive', valid.subarray(0, -30), 'a', /not a zip archive or is truncated/],
  ['an archive without the file', valid, 'second.txt', /"second\.txt" cannot be extracted: .* no such file/],
  ['another compression', valid, 'odd.txt', /unsupported compression method: 12/],
  [
    'damaged data',
    Buffer.concat([valid.subarray(0, 44), Buffer.alloc(4, 255), valid.subarray(48)]),
    'first.txt',
    /cannot be extracted/,
  ],
])('refuses %s', async (_, bytes, name, message) => {
  writeFileSync(archive, bytes);
  await expect(extractZipEntry(archive, name, target)).rejects.toThrow(message);
});
