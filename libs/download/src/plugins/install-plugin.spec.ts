import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installedPlugin, PINNED_PLUGINS } from '@open-chatgpt/cache';
import { type PackageIndex, startPackageIndex } from '../testing/package-index';
import { zip } from '../testing/zip';
import { type InstallProgress, installPlugin } from './install-plugin';
import type { PinnedWheel } from './pinned-wheels';
import { type Installation, planInstallation } from './plan-installation';

/** A machine without Python. */
jest.mock('node:child_process', () => ({
  execFile: (_command: string, _args: string[], done: (error: Error) => void) =>
    done(Object.assign(new Error('no such program'), { code: 'ENOENT' })),
}));

const { version, library, preload } = PINNED_PLUGINS.cuda12;
/** What each wheel has; the names that end in `.py` and `.h` are not needed. */
const CONTENTS: Record<string, Record<string, string>> = {
  [`fake_plugin-${version}-py3-none-any.whl`]: {
    [library]: 'the plugin'.repeat(10_000),
    'jax_plugins/xla_cuda12/__init__.py': 'import jax',
    [`fake_plugin-${version}.dist-info/licenses/LICENSE`]: 'a license',
  },
  'fake_nvcc-1-py3-none-any.whl': {
    'nvidia/cuda_nvcc/bin/ptxas': 'an assembler',
    'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc': 'bit code',
    'nvidia/cuda_nvcc/include/crt.h': '#pragma once',
  },
  'fake_cublas-2-py3-none-any.whl': {
    ...Object.fromEntries(preload.map((path) => [path, 'a library'])),
    'nvidia/cublas/lib/libcublas_static.a': 'another one',
  },
};
const NEEDED = [
  library,
  `fake_plugin-${version}.dist-info/licenses/LICENSE`,
  'nvidia/cuda_nvcc/bin/ptxas',
  'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc',
  ...preload,
];

const archives = Object.entries(CONTENTS).map(([fileName, files]) => {
  const entries = Object.entries(files).map(([name, text]) => ({ name, content: Buffer.from(text) }));
  return { fileName, bytes: zip(entries) };
});
const wheels = archives.map(
  ({ fileName, bytes }): PinnedWheel => ({
    fileName,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    unpackedBytes: 1000,
    license: 'none',
    ...(!fileName.includes('cublas') && { compiles: true }),
  }),
);
const whole: Installation = { kind: 'cuda12', version, parts: 'all', wheels };
const compiler: Installation = { ...whole, parts: 'compiler', wheels: wheels.slice(0, 2) };

const before = process.env['PIP_INDEX_URL'];
let cache: string;
let index: PackageIndex;
beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'plugins-'));
  index = await startPackageIndex();
  index.files = Object.fromEntries(archives.map(({ fileName, bytes }) => [fileName, bytes]));
  process.env['PIP_INDEX_URL'] = index.url;
});
afterEach(async () => {
  if (before === undefined) delete process.env['PIP_INDEX_URL'];
  else process.env['PIP_INDEX_URL'] = before;
  await index.close();
  rmSync(cache, { recursive: true });
});
const install = (installation = whole) => installPlugin(installation, { cache });

it('unpacks what the plugin needs, where its libraries find each other', async () => {
  const progress: InstallProgress[] = [];
  expect(await installPlugin(whole, { cache, onProgress: (at) => progress.push(at) })).toBe(true);
  const plugin = installedPlugin('cuda12', cache);
  expect(plugin).toMatchObject({ version, parts: 'all', library: join(cache, 'cuda12', library) });
  const unpacked = readdirSync(join(cache, 'cuda12'), { recursive: true, withFileTypes: true });
  expect(unpacked.filter((entry) => entry.isFile())).toHaveLength(NEEDED.length + 1);
  for (const path of NEEDED) {
    const text = Object.values(CONTENTS).find((files) => path in files)?.[path];
    expect(readFileSync(join(cache, 'cuda12', path), 'utf8')).toBe(text);
  }
  expect(statSync(join(cache, 'cuda12/nvidia/cuda_nvcc/bin/ptxas')).mode & 0o111).toBe(0o111);
  const total = wheels.reduce((sum, { bytes }) => sum + bytes, 0);
  const downloads = progress.filter(({ phase }) => phase === 'download');
  expect(downloads.at(-1)).toMatchObject({ doneBytes: total, totalBytes: total });
  expect(progress.at(-1)).toMatchObject({ phase: 'unpack', totalBytes: 3000 });
});

it('leaves no archive and no work folder behind', async () => {
  await install();
  expect(readdirSync(cache).sort()).toEqual(['cuda12', 'wheels']);
  expect(readdirSync(join(cache, 'wheels'))).toEqual([]);
});

it('does nothing where the plugin is there, and replaces it where a file was damaged since', async () => {
  await install();
  index.requests.length = 0;
  expect(await install()).toBe(false);
  expect(index.requests).toEqual([]);
  const path = join(cache, 'cuda12/nvidia/cublas/lib/libcublas.so.12');
  writeFileSync(path, 'A library');
  expect(await install()).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('a library');
  truncateSync(join(cache, 'cuda12/manifest.json'), 10);
  expect(await install()).toBe(true);
  expect(installedPlugin('cuda12', cache)?.parts).toBe('all');
});

it('installs only the compiler, which becomes the whole plugin later, and not the reverse', async () => {
  await install(compiler);
  expect(installedPlugin('cuda12', cache)?.parts).toBe('compiler');
  expect(existsSync(join(cache, 'cuda12/nvidia/cublas'))).toBe(false);
  expect(await install(whole)).toBe(true);
  expect(await install(compiler)).toBe(false);
  expect(installedPlugin('cuda12', cache)?.parts).toBe('all');
});

it('replaces a plugin of another version', async () => {
  await installPlugin({ ...whole, version: '0.1' }, { cache });
  expect(() => installedPlugin('cuda12', cache)).toThrow(/has the plugin 0\.1, expected/);
  expect(await install()).toBe(true);
  expect(installedPlugin('cuda12', cache)?.version).toBe(version);
});

it('leaves the previous plugin where the new one cannot be unpacked', async () => {
  await install(compiler);
  const damaged = Buffer.from(archives[2].bytes);
  damaged.fill(0xff, damaged.indexOf('libcudart.so.12') + 'libcudart.so.12extra'.length, 100);
  index.files[wheels[2].fileName] = damaged;
  const sha256 = createHash('sha256').update(damaged).digest('hex');
  const altered = { ...whole, wheels: [...wheels.slice(0, 2), { ...wheels[2], sha256 }] };
  await expect(install(altered)).rejects.toThrow(
    /"nvidia\/cuda_runtime\/lib\/libcudart\.so\.12" cannot be unpacked/,
  );
  expect(installedPlugin('cuda12', cache)?.parts).toBe('compiler');
  expect(readdirSync(cache).sort()).toEqual(['cuda12', 'wheels']);
});

it('removes what killed installations left long ago, and nothing newer', async () => {
  for (const name of ['.work-old', '.work-new']) mkdirSync(join(cache, name));
  const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
  utimesSync(join(cache, '.work-old'), twoDaysAgo, twoDaysAgo);
  await install();
  expect(readdirSync(cache).sort()).toEqual(['.work-new', 'cuda12', 'wheels']);
});

it('continues with the wheels and the bytes that an interrupted installation has', async () => {
  const last = wheels[2].fileName;
  const bytes = index.files[last];
  delete index.files[last];
  await expect(install()).rejects.toThrow(/the index lists no fake_cublas/);
  expect(existsSync(join(cache, 'cuda12'))).toBe(false);
  index.requests.length = 0;
  index.files[last] = bytes;
  writeFileSync(join(cache, 'wheels', `${last}.part`), bytes.subarray(0, 50));
  expect(await install()).toBe(true);
  expect(index.requests[0]).toBe(`${last} from 50`);
});

it('takes wheels that were copied into its folder, without a connection', async () => {
  await expect(
    installPlugin({ ...whole, wheels: [{ ...wheels[0], fileName: 'none-1-py3-none-any.whl' }] }, { cache }),
  ).rejects.toThrow(
    `copy none-1-py3-none-any.whl to ${join(cache, 'wheels', 'none-1-py3-none-any.whl')} yourself`,
  );
  for (const { fileName, bytes } of archives) writeFileSync(join(cache, 'wheels', fileName), bytes);
  process.env['PIP_INDEX_URL'] = 'http://127.0.0.1:1/simple';
  expect(await install()).toBe(true);
});

describe('fails with the cause and the remedy', () => {
  const [{ fileName }] = wheels;
  it.each<[string, () => Installation, RegExp]>([
    [
      'a corrupted wheel',
      () => {
        index.files[fileName] = Buffer.from(index.files[fileName]).fill(0, 100, 110);
        return whole;
      },
      /fake_plugin.*\.whl has \d+ bytes and the SHA-256 [0-9a-f]{64}, expected \d+ bytes and [0-9a-f]{64}; the download is damaged or was altered; try again$/,
    ],
    [
      'a truncated wheel',
      () => {
        index.files[fileName] = index.files[fileName].subarray(0, 120);
        return whole;
      },
      /fake_plugin.*\.whl has 120 bytes and the SHA-256/,
    ],
    [
      'a wheel that is not a zip archive',
      () => {
        index.files[fileName] = Buffer.from('no archive');
        const sha256 = createHash('sha256').update('no archive').digest('hex');
        return { ...whole, wheels: [{ ...wheels[0], bytes: 10, sha256 }] };
      },
      /is not a zip archive or is truncated/,
    ],
    [
      'no space',
      () => ({ ...whole, wheels: [{ ...wheels[0], unpackedBytes: 1e18 }] }),
      /no space left in \S+ \(1000000000001 MB are needed, \d+ MB are free\)\. Make room, or set OPEN_CHATGPT_PLUGIN_CACHE/,
    ],
    [
      'no connection',
      () => {
        process.env['PIP_INDEX_URL'] = 'http://127.0.0.1:1/simple';
        return whole;
      },
      /fake-plugin 0\.12\.0\.1 could not be downloaded \(https: no connection, ECONNREFUSED; pip: not installed\); check the connection, or copy/,
    ],
    [
      'a cache that cannot be written',
      () => {
        writeFileSync(join(cache, 'wheels'), 'a file');
        return whole;
      },
      /EEXIST/,
    ],
  ])('%s', async (_, arrange, message) => {
    const installation = arrange();
    await expect(install(installation)).rejects.toThrow(/^the XLA plugin cuda12 was not installed: /);
    await expect(install(installation)).rejects.toThrow(message);
    expect(existsSync(join(cache, 'cuda12'))).toBe(false);
    expect(readdirSync(cache).filter((name) => name.startsWith('.work-'))).toEqual([]);
  });

  it.each(['darwin-arm64', 'linux-arm64', 'win32-x64'])('the platform %s', (platform) => {
    expect(() => planInstallation('cpu', 'all', platform)).toThrow(
      `this machine is ${platform}, and the XLA plugins are built for linux-x64 only. OPEN_CHATGPT_DEVICE=cpu computes`,
    );
  });
});

describe('the pinned wheels', () => {
  it.each(['cpu', 'cuda12', 'cuda13'] as const)('of %s begin with the plugin', (kind) => {
    const plan = planInstallation(kind, 'all', 'linux-x64');
    expect(plan.version).toBe(PINNED_PLUGINS[kind].version);
    expect(plan.wheels[0].fileName).toContain(`-${plan.version}-`);
    for (const { fileName, sha256, bytes } of plan.wheels) {
      expect(fileName).toMatch(/^[a-z0-9_]+-[0-9.]+-py3-none-[a-z0-9_.]+x86_64\.whl$/);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(bytes).toBeGreaterThan(2e6);
    }
    expect(new Set(plan.wheels.map(({ sha256 }) => sha256)).size).toBe(plan.wheels.length);
  });

  it('of a compiler are the plugin, the assembler and the library of device functions', () => {
    const names = (kind: 'cuda12' | 'cuda13') =>
      planInstallation(kind, 'compiler', 'linux-x64').wheels.map(({ fileName }) => fileName.split('-')[0]);
    expect(names('cuda12')).toEqual(['jax_cuda12_pjrt', 'nvidia_cuda_nvcc_cu12']);
    expect(names('cuda13')).toEqual(['jax_cuda13_pjrt', 'nvidia_cuda_nvcc', 'nvidia_nvvm']);
  });
});
