import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFakePlugin } from '@open-chatgpt/cache/testing';
import { MachineError } from '../machine-error';
import { findPlugin, gpuCompiler } from './plugin-path';

const VARIABLES = ['OPEN_CHATGPT_CACHE', 'OPEN_CHATGPT_PJRT_PLUGIN'] as const;
const before = VARIABLES.map((name) => process.env[name]);
let root: string;
let cache: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plugin-path-'));
  cache = join(root, 'plugins');
  process.env.OPEN_CHATGPT_CACHE = root;
  delete process.env.OPEN_CHATGPT_PJRT_PLUGIN;
});

afterEach(() => {
  rmSync(root, { recursive: true });
  VARIABLES.forEach((name, i) => {
    if (before[i] === undefined) delete process.env[name];
    else process.env[name] = before[i];
  });
});

it('finds the plugin of a platform, and of two for CUDA the newer one that can run', () => {
  const cpu = writeFakePlugin(cache, 'cpu');
  expect(findPlugin('cpu').library).toBe(cpu);
  const cuda12 = writeFakePlugin(cache, 'cuda12');
  expect(findPlugin('cuda', null).library).toBe(cuda12);
  writeFakePlugin(cache, 'cuda13', { parts: 'compiler' });
  expect(findPlugin('cuda', null).library).toBe(cuda12);
  const cuda13 = writeFakePlugin(cache, 'cuda13');
  expect(findPlugin('cuda', null).library).toBe(cuda13);
  expect(findPlugin('cuda', '580.159.03').library).toBe(cuda13);
  expect(findPlugin('cuda', '570.86.10').library).toBe(cuda12);
});

it('finds the compiler for GPUs in each kind of installation, whatever the driver', () => {
  expect(gpuCompiler).toThrow('Run "openchat device install cuda13 --compiler-only"');
  const cuda12 = writeFakePlugin(cache, 'cuda12');
  expect(gpuCompiler()).toMatchObject({
    library: cuda12,
    cudaFolder: join(cache, 'cuda12/nvidia/cuda_nvcc'),
    preload: [],
  });
  const cuda13 = writeFakePlugin(cache, 'cuda13', { parts: 'compiler' });
  expect(gpuCompiler()).toMatchObject({ library: cuda13, cudaFolder: join(cache, 'cuda13/nvidia/cu13') });
});

it('takes another plugin from the variable', () => {
  const other = join(root, 'other.so');
  process.env.OPEN_CHATGPT_PJRT_PLUGIN = other;
  expect(() => findPlugin('rocm')).toThrow(`OPEN_CHATGPT_PJRT_PLUGIN names "${other}", which does not exist`);
  writeFileSync(other, '');
  writeFakePlugin(cache, 'cpu');
  expect(findPlugin('cpu').library).toBe(other);
  expect(findPlugin('rocm')).toEqual({ library: other, cudaFolder: null, preload: [] });
});

it.each<[Parameters<typeof findPlugin>, () => void, string | RegExp]>([
  [
    ['cpu'],
    () => undefined,
    'no XLA plugin for cpu is installed that runs on this machine. Run "openchat device install cpu"',
  ],
  [['cuda', null], () => undefined, 'Run "openchat device install cuda13"'],
  [
    ['cuda', '570.86.10'],
    () => void writeFakePlugin(cache, 'cuda13'),
    'no XLA plugin for cuda is installed that runs on this machine. Run "openchat device install cuda12"',
  ],
  [
    ['cuda', '470.82.01'],
    () => void writeFakePlugin(cache, 'cuda12'),
    'the NVIDIA driver 470.82.01 is too old: the XLA plugins need 525 or newer. Update the driver',
  ],
  [
    ['rocm'],
    () => undefined,
    'no XLA plugin for rocm can be installed by this program. Set OPEN_CHATGPT_PJRT_PLUGIN to the path of one',
  ],
  [
    ['cuda', null],
    () => void writeFakePlugin(cache, 'cuda12', { parts: 'compiler' }),
    'the XLA plugin cuda12 is installed to compile only. Run "openchat device install cuda12"',
  ],
  [
    ['cpu'],
    () => void writeFakePlugin(cache, 'cpu', { version: '0.9.0' }),
    'has the plugin 0.9.0, expected 0.11.2. Run "openchat device install cpu"',
  ],
  [
    ['cpu'],
    () => writeFileSync(writeFakePlugin(cache, 'cpu'), 'A plugin'),
    /the XLA plugin cpu cannot be used: .* is damaged: .*\. Run "openchat device install cpu"/,
  ],
])('%j: names the remedy (%#)', (wanted, arrange, message) => {
  arrange();
  const act = () => findPlugin(...wanted);
  expect(act).toThrow(MachineError);
  expect(act).toThrow(message);
});
