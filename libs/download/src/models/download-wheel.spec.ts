import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpGet } from '../http/http-get';
import { downloadWheel } from './download-wheel';

jest.mock('../http/http-get', () => ({ httpGet: jest.fn() }));
/** A machine without Python. */
jest.mock('node:child_process', () => ({
  execFile: (_command: string, _args: string[], done: (error: Error) => void) =>
    done(Object.assign(new Error('no such program'), { code: 'ENOENT' })),
}));

const wheel = { package: 'p', version: '1', fileName: 'p-1.whl' };
const files = [
  { filename: 'p-0.whl', url: 'https://files.test/p-0.whl' },
  { filename: 'p-1.whl', url: '../../p-1.whl', size: 8 },
];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wheel-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function serve(pages: Record<string, string[]>): void {
  jest.mocked(httpGet).mockImplementation(async function* ({ href }) {
    if (!pages[href]) throw new Error(`${href}: the server answered 404 Not Found.`);
    for (const piece of pages[href]) yield Buffer.from(piece);
  });
}

it('finds the wheel in the index and reports progress', async () => {
  serve({
    'https://pypi.org/simple/p/': [JSON.stringify({ files })],
    'https://pypi.org/p-1.whl': ['half', 'half'],
  });
  const progress: [number, number][] = [];
  const at = await downloadWheel(wheel, folder, (...one) => progress.push(one));
  expect(readFileSync(at, 'utf8')).toBe('halfhalf');
  expect(progress).toEqual([
    [4, 8],
    [8, 8],
  ]);
});

it.each<[string, Record<string, string[]>, RegExp]>([
  [
    'no index',
    {},
    /p 1 could not be downloaded \(pip: not installed; https: .*simple\/p\/: the server answered 404/,
  ],
  ['an index without the wheel', { 'https://pypi.org/simple/p/': ['{"files":[]}'] }, /lists no p-1\.whl/],
])('fails with the cause: %s', async (_, pages, message) => {
  serve(pages);
  await expect(downloadWheel(wheel, folder, () => {})).rejects.toThrow(message);
});
