import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { extractZipEntry } from './extract-zip-entry';

const folder = mkdtempSync(join(tmpdir(), 'zip-'));
const archive = join(folder, 'a.zip');
const target = join(folder, 'out');
afterAll(() => rmSync(folder, { recursive: true }));

/** A zip archive by hand. Its checksums are 0: the caller checks a SHA-256 instead. */
function zip(files: { name: string; content: Buffer; method?: number }[], comment = ''): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, method = 8 } of files) {
    const data = method === 8 ? deflateRawSync(content) : content;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(5, 28);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    locals.push(local, Buffer.from(name), Buffer.from('extra'), data);
    directory.push(entry, Buffer.from(name));
    offset += 35 + name.length + data.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, entries, end, Buffer.from(comment)]);
}

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
