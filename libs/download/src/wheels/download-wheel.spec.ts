import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PackageIndex, startPackageIndex } from '../testing/package-index';
import { downloadWheel } from './download-wheel';

/** What the pip of this machine does; it is not installed where this is null. */
let pip: ((folder: string) => void) | null;
jest.mock('node:child_process', () => ({
  execFile: (_command: string, args: string[], done: (error: Error | null) => void) => {
    if (!pip) return done(Object.assign(new Error('no such program'), { code: 'ENOENT' }));
    try {
      pip(args[args.indexOf('--dest') + 1]);
      done(null);
    } catch (error) {
      done(error as Error);
    }
  },
}));

const wheel = { package: 'p', version: '1', fileName: 'p-1.whl' };
const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
const before = process.env['PIP_INDEX_URL'];
let folder: string;
let index: PackageIndex;
let progress: [number, number][];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wheel-'));
  index = await startPackageIndex();
  index.files = { 'p-0.whl': Buffer.from('old'), 'p-1.whl': content };
  process.env['PIP_INDEX_URL'] = index.url;
  [pip, progress] = [null, []];
});
afterEach(async () => {
  if (before === undefined) delete process.env['PIP_INDEX_URL'];
  else process.env['PIP_INDEX_URL'] = before;
  await index.close();
  rmSync(folder, { recursive: true });
});
const download = () => downloadWheel(wheel, folder, (...at) => progress.push(at));

it('finds the wheel in the index and reports progress', async () => {
  const path = await download();
  expect(path).toBe(join(folder, 'p-1.whl'));
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(progress.at(-1)).toEqual([content.length, content.length]);
});

it('continues where an earlier call was interrupted', async () => {
  writeFileSync(join(folder, 'p-1.whl.part'), content.subarray(0, 150_000));
  expect(readFileSync(await download()).equals(content)).toBe(true);
  expect(index.requests).toEqual(['p-1.whl from 150000']);
  expect(progress[0][0]).toBeGreaterThan(150_000);
});

it('needs no request where only the rename is missing', async () => {
  writeFileSync(join(folder, 'p-1.whl.part'), content);
  expect(readFileSync(await download()).equals(content)).toBe(true);
  expect(index.requests).toEqual([]);
});

it('begins again where the part is longer than the file', async () => {
  writeFileSync(join(folder, 'p-1.whl.part'), Buffer.concat([content, content]));
  expect(readFileSync(await download()).equals(content)).toBe(true);
  expect(index.requests).toEqual(['p-1.whl from 0']);
});

it('takes a connection up that breaks off, as long as bytes arrive', async () => {
  const part = join(folder, 'p-1.whl.part');
  const grew = (start: number) => (statSync(part, { throwIfNoEntry: false })?.size ?? 0) > start;
  index.breaks = { after: 80_000, when: grew };
  expect(readFileSync(await download()).equals(content)).toBe(true);
  const starts = index.requests.map((request) => Number(request.split(' ').pop()));
  expect(starts.length).toBeGreaterThan(2);
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  expect(new Set(starts).size).toBe(starts.length);
});

it('gives up where no byte arrives', async () => {
  index.breaks = { after: 0, when: () => true };
  await expect(download()).rejects.toThrow(/https: .*broke off before the end.*pip: not installed/);
  expect(index.requests).toHaveLength(1);
});

it('takes pip where the index cannot be reached', async () => {
  process.env['PIP_INDEX_URL'] = 'http://127.0.0.1:1/simple';
  pip = (target) => writeFileSync(join(target, 'p-1.whl'), 'by pip');
  expect(readFileSync(await download(), 'utf8')).toBe('by pip');
});

it.each<[string, () => void, RegExp]>([
  [
    'without a connection',
    () => {
      process.env['PIP_INDEX_URL'] = 'http://127.0.0.1:1/simple/';
    },
    /p 1 could not be downloaded \(https: no connection, ECONNREFUSED; pip: not installed\)/,
  ],
  [
    'from an index without the wheel',
    () => {
      index.files = {};
      pip = () => undefined;
    },
    /https: the index lists no p-1\.whl; pip: its index has no p-1\.whl for this machine\)/,
  ],
  [
    'where pip fails too',
    () => {
      index.files = {};
      pip = () => {
        throw Object.assign(new Error('failed'), { stderr: 'WARNING: x\nERROR: no matching distribution\n' });
      };
    },
    /pip: ERROR: no matching distribution\)/,
  ],
])('fails with the causes %s', async (_, arrange, message) => {
  arrange();
  await expect(download()).rejects.toThrow(message);
  expect(existsSync(join(folder, 'p-1.whl'))).toBe(false);
});
