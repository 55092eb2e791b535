import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFakePlugin } from '../testing';
import { installedPlugin } from './installed-plugin';

const CUDNN = 'nvidia/cudnn/lib/libcudnn.so.9';
let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'plugins-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

it('finds nothing in an empty cache', () => {
  expect(installedPlugin('cpu', cache)).toBeNull();
  expect(installedPlugin('cuda12', join(cache, 'none'))).toBeNull();
});

it('finds the plugins of OPEN_CHATGPT_PLUGIN_CACHE, wherever the other caches are', () => {
  const names = ['OPEN_CHATGPT_CACHE', 'OPEN_CHATGPT_PLUGIN_CACHE'] as const;
  const before = names.map((name) => process.env[name]);
  const library = writeFakePlugin(cache, 'cuda12');
  try {
    process.env['OPEN_CHATGPT_CACHE'] = join(cache, 'other');
    process.env['OPEN_CHATGPT_PLUGIN_CACHE'] = cache;
    expect(installedPlugin('cuda12')?.library).toBe(library);
    delete process.env['OPEN_CHATGPT_PLUGIN_CACHE'];
    expect(installedPlugin('cuda12')).toBeNull();
  } finally {
    names.forEach((name, i) => {
      if (before[i] === undefined) delete process.env[name];
      else process.env[name] = before[i];
    });
  }
});

it('finds a plugin that is complete', () => {
  const library = writeFakePlugin(cache, 'cuda12', { parts: 'compiler' });
  expect(installedPlugin('cuda12', cache)).toEqual({
    kind: 'cuda12',
    version: '0.12.0.1',
    parts: 'compiler',
    library,
    cudaFolder: join(cache, 'cuda12', 'nvidia/cuda_nvcc'),
    bytes: 'a plugin'.length + 11 * 'a library'.length,
    preload: [],
  });
});

it('lists the libraries to load before, in the order of their needs', () => {
  writeFakePlugin(cache, 'cuda13');
  const preload = installedPlugin('cuda13', cache)?.preload ?? [];
  const at = (name: string) => preload.findIndex((path) => path.endsWith(`/${name}`));
  expect(at('libcublas.so.13')).toBeGreaterThanOrEqual(0);
  expect(at('libcusolver.so.12')).toBeGreaterThan(at('libcublas.so.13'));
  expect(at('libcudnn.so.9')).toBeGreaterThan(at('libnvrtc.so.13'));
  expect(preload.every((path) => existsSync(path))).toBe(true);
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
  ['a missing library', (_, folder) => rmSync(join(folder, CUDNN)), /libcudnn\.so\.9 is missing$/],
  [
    'a truncated library',
    (_, folder) => truncateSync(join(folder, CUDNN), 0),
    /libcudnn\.so\.9 is damaged: it has 0 bytes, expected 9$/,
  ],
  [
    'a damaged manifest',
    (_, folder) => truncateSync(join(folder, 'manifest.json'), 30),
    /manifest\.json is damaged: it is not the manifest/,
  ],
  [
    'another version',
    () => void writeFakePlugin(cache, 'cuda12', { version: '0.9.0' }),
    /cuda12 has the plugin 0\.9\.0, expected 0\.12\.0\.1$/,
  ],
  [
    'a manifest without the plugin',
    () => void writeFakePlugin(cache, 'cuda12', { files: [] }),
    /its manifest does not list .*\.so$/,
  ],
])('refuses %s', (_, damage, message) => {
  damage(writeFakePlugin(cache, 'cuda12'), join(cache, 'cuda12'));
  expect(() => installedPlugin('cuda12', cache)).toThrow(message);
});
