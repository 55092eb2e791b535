import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCacheEntry } from './cache-entry';

let root: string;
let made: number;
const before = process.env['OPEN_CHATGPT_DATASET_CACHE'];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cache-entry-'));
  process.env['OPEN_CHATGPT_DATASET_CACHE'] = join(root, 'datasets');
  made = 0;
});
afterEach(() => {
  if (before === undefined) delete process.env['OPEN_CHATGPT_DATASET_CACHE'];
  else process.env['OPEN_CHATGPT_DATASET_CACHE'] = before;
  rmSync(root, { recursive: true, force: true });
});

const entries = () => readdirSync(join(root, 'datasets'));
async function make(folder: string) {
  made++;
  mkdirSync(folder);
  writeFileSync(join(folder, 'value'), `made ${made}`);
}
async function open(folder: string) {
  const value = readFileSync(join(folder, 'value'), 'utf8');
  if (!value.startsWith('made')) throw new Error(`${folder}: not what was made`);
  return value;
}
const entry = () => openCacheEntry('key', make, open);

it('makes an entry once, and leaves nothing else', async () => {
  expect([await entry(), await entry()]).toEqual(['made 1', 'made 1']);
  expect(entries()).toEqual(['key']);
});

it('leaves nothing of an entry that cannot be made', async () => {
  const failing = async (folder: string) => {
    await make(folder);
    throw new Error('no such data');
  };
  await expect(openCacheEntry('key', failing, open)).rejects.toThrow('no such data');
  expect(entries()).toEqual([]);
});

it('takes what another process made in the meantime', async () => {
  const late = async (folder: string) => {
    await make(folder);
    await entry();
  };
  expect(await openCacheEntry('key', late, open)).toBe('made 2');
  expect(entries()).toEqual(['key']);
});

it('makes a damaged entry again, and warns', async () => {
  await entry();
  writeFileSync(join(root, 'datasets/key/value'), 'altered');
  const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  expect(await entry()).toBe('made 2');
  expect(warned.mock.calls[0][0]).toMatch(/datasets\/key is damaged and is made again: .* not what was made/);
  warned.mockRestore();
  expect(entries()).toEqual(['key']);
});

it('removes what was not used for long, and what a killed process left', async () => {
  await entry();
  const old = (name: string, days: number) => {
    const path = join(root, 'datasets', name);
    mkdirSync(path, { recursive: true });
    const then = new Date(Date.now() - days * 24 * 3600 * 1000);
    utimesSync(path, then, then);
  };
  old('unused', 31);
  old('used', 29);
  old('.killed', 8);
  old('.at-work', 6);
  old('key', 29);
  await entry();
  await openCacheEntry('other', make, open);
  old('key', 29);
  expect(entries().sort()).toEqual(['.at-work', 'key', 'other', 'used']);
});

it.each<[string, () => void]>([
  ['a file', () => writeFileSync(join(root, 'datasets'), '')],
  [
    'below a file',
    () => {
      writeFileSync(join(root, 'file'), '');
      process.env['OPEN_CHATGPT_DATASET_CACHE'] = join(root, 'file/datasets');
    },
  ],
])('says what to do when the cache folder is %s', async (_, spoil) => {
  spoil();
  await expect(entry()).rejects.toThrow(
    /the dataset cache .*datasets cannot be written .*set OPEN_CHATGPT_DATASET_CACHE .* to a folder/,
  );
  expect(existsSync(join(root, 'datasets/key'))).toBe(false);
});
