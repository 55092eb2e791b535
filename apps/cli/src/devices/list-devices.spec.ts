import { listDevices } from './list-devices';
import type { NvidiaGpus } from './nvidia-gpus';
import type { PluginState } from './plugin-states';

const state = (plugin: PluginState['plugin'], parts?: 'all' | 'compiler'): PluginState => ({
  plugin,
  version: '1',
  installed: parts ? { parts, bytes: 1 } : null,
  problem: parts ? null : 'not installed',
});
const noGpu: NvidiaGpus = { driver: null, gpus: [] };
const h200 = (driver: string): NvidiaGpus => ({ driver, gpus: [{ name: 'NVIDIA H200', memoryMiB: 143771 }] });
const before = process.env.OPEN_CHATGPT_PJRT_PLUGIN;
beforeEach(() => {
  delete process.env.OPEN_CHATGPT_PJRT_PLUGIN;
});
afterAll(() => {
  if (before !== undefined) process.env.OPEN_CHATGPT_PJRT_PLUGIN = before;
});

it('says what there is and what is missing', () => {
  const { version } = require('onnxruntime-node/package.json');
  expect(listDevices([state('cpu'), state('cuda12'), state('cuda13')], noGpu)).toEqual([
    {
      device: 'cpu',
      usable: true,
      found: expect.stringMatching(`^ONNX Runtime ${version}, \\d+ threads$`),
      needs: null,
    },
    {
      device: 'xla:cpu',
      usable: false,
      found: expect.stringMatching(/^\d+ cores$/),
      needs: 'openchat device install cpu',
    },
    {
      device: 'cuda',
      usable: false,
      found: 'no NVIDIA driver',
      needs: 'an NVIDIA GPU with its driver, 525 or newer',
    },
  ]);
});

it.each<[string, PluginState[], NvidiaGpus, string | null]>([
  ['a new driver and no plugin', [], h200('580.159.03'), 'openchat device install cuda13'],
  ['an older driver and no plugin', [], h200('550.90'), 'openchat device install cuda12'],
  [
    'an older driver and the newer plugin',
    [state('cuda13', 'all')],
    h200('550.90'),
    'openchat device install cuda12',
  ],
  ['an older driver and its plugin', [state('cuda12', 'all')], h200('550.90'), null],
  ['a new driver and the older plugin', [state('cuda12', 'all')], h200('580.65'), null],
  [
    'a plugin that only compiles',
    [state('cuda13', 'compiler')],
    h200('580.65'),
    'openchat device install cuda13',
  ],
  ['an old driver', [state('cuda12', 'all')], h200('470.82'), 'the driver 525 or newer'],
  [
    'a driver without a GPU',
    [state('cuda12', 'all')],
    { driver: '550.90', gpus: [] },
    'an NVIDIA GPU with its driver, 525 or newer',
  ],
])('CUDA with %s', (_, plugins, nvidia, needs) => {
  const cuda = listDevices(plugins, nvidia).find(({ device }) => device === 'cuda');
  expect(cuda).toMatchObject({ usable: needs === null, needs });
});

it('counts a plugin that a variable names', () => {
  process.env.OPEN_CHATGPT_PJRT_PLUGIN = '/opt/plugin.so';
  const [, xla, cuda] = listDevices([], h200('550.90'));
  expect([xla.usable, cuda.usable]).toEqual([true, true]);
  expect(cuda.found).toBe('NVIDIA driver 550.90, NVIDIA H200 (140.4 GiB)');
});
