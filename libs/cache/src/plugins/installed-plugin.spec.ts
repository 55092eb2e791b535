import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFakePlugin } from '../testing';
import { installedPlugin } from './installed-plugin';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'plugins-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

it('finds nothing in an empty cache', () => {
  expect(installedPlugin('cpu', cache)).toBeNull();
  expect(installedPlugin('cuda12', join(cache, 'none'))).toBeNull();
});

it('finds a plugin that is complete', () => {
  const library = writeFakePlugin(cache, 'cuda12', { parts: 'compiler' });
  expect(installedPlugin('cuda12', cache)).toEqual({
    kind: 'cuda12',
    version: '0.12.0.1',
    parts: 'compiler',
    library,
    cudaFolder: join(cache, 'cuda12', 'nvidia/cuda_nvcc'),
    bytes: 'a plugin'.length + 'a library beside it'.length,
  });
});

it.each<[string, (library: string, folder: string) => void, RegExp]>([
  [
    'a damaged plugin',
    (library) => writeFileSync(library, 'A plugin'),
    /plugin\.so is damaged: its SHA-256 is not [0-9a-f]{64}$/,
  ],
  [
    'a truncated plugin',
    (library) => truncateSync(library, 3),
    /plugin\.so is damaged: it has 3 bytes, expected 8$/,
  ],
  [
    'a missing library',
    (_, folder) => rmSync(join(folder, 'nvidia/lib/libbeside.so.1')),
    /libbeside\.so\.1 is missing$/,
  ],
  [
    'a truncated library',
    (_, folder) => truncateSync(join(folder, 'nvidia/lib/libbeside.so.1'), 0),
    /libbeside\.so\.1 is damaged: it has 0 bytes, expected 19$/,
  ],
  [
    'a damaged manifest',
    (_, folder) => truncateSync(join(folder, 'manifest.json'), 30),
    /manifest\.json is damaged: it is not the manifest/,
  ],
  [
    'another version',
    () => void writeFakePlugin(cache, 'cpu', { version: '0.9.0' }),
    /cpu has the plugin 0\.9\.0, expected 0\.11\.2$/,
  ],
  [
    'a manifest without the plugin',
    () => void writeFakePlugin(cache, 'cpu', { files: [] }),
    /its manifest does not list .*\.so$/,
  ],
])('refuses %s', (_, damage, message) => {
  damage(writeFakePlugin(cache, 'cpu'), join(cache, 'cpu'));
  expect(() => installedPlugin('cpu', cache)).toThrow(message);
});
