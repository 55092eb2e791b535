import { currentDevice, type DeviceSpec, parseDevice } from './device';

it.each<[string, DeviceSpec]>([
  ['cpu', { engine: 'onnxruntime' }],
  ['xla:cpu', { engine: 'xla', platform: 'cpu', count: 1 }],
  ['xla:cpu:8', { engine: 'xla', platform: 'cpu', count: 8 }],
  ['xla:cpu:64', { engine: 'xla', platform: 'cpu', count: 64 }],
  ['cuda', { engine: 'xla', platform: 'cuda', devices: [0] }],
  ['cuda:3', { engine: 'xla', platform: 'cuda', devices: [3] }],
  ['cuda:1,0,10', { engine: 'xla', platform: 'cuda', devices: [1, 0, 10] }],
  ['cuda:all', { engine: 'xla', platform: 'cuda', devices: 'all' }],
  ['rocm', { engine: 'xla', platform: 'rocm', devices: [0] }],
  ['rocm:0,1', { engine: 'xla', platform: 'rocm', devices: [0, 1] }],
])('%s', (text, device) => {
  expect(parseDevice(text)).toEqual(device);
});

it.each([
  '',
  'gpu',
  'CPU',
  ' cpu',
  'cpu:2',
  'xla',
  'xla:cpu:',
  'xla:cpu:0',
  'xla:cpu:65',
  'xla:cpu:-1',
  'xla:cpu:all',
  'xla:cuda',
  'cuda:',
  'cuda:x',
  'cuda:0,',
  'cuda:,1',
  'cuda:100',
  'cuda:0,all',
  'cuda:0 1',
  'cuda\n',
])('refuses %j', (text) => {
  expect(() => parseDevice(text)).toThrow(
    `OPEN_CHATGPT_DEVICE is "${text}", expected cpu, xla:cpu, xla:cpu:<1 to 64 devices>, or cuda or rocm`,
  );
});

it.each(['cuda:1,1', 'cuda:0,00'])('refuses %s, which names a GPU twice', (text) => {
  expect(() => parseDevice(text)).toThrow(`OPEN_CHATGPT_DEVICE=${text} names a GPU twice`);
});

describe('one of several ranks', () => {
  const { env } = process;
  afterEach(() => {
    process.env = env;
  });

  it('has no device that computes in one process only', () => {
    const ranks = {
      OPEN_CHATGPT_UNVERIFIED_RANKS_TOKEN: '0123456789abcdef',
      OPEN_CHATGPT_RANK: '1',
      OPEN_CHATGPT_WORLD_SIZE: '2',
      OPEN_CHATGPT_COORDINATOR: 'sft-0.sft',
    };
    const on = (device: string) => {
      process.env = { ...env, ...ranks, OPEN_CHATGPT_DEVICE: device };
      return currentDevice();
    };
    expect(on('cuda:all')).toEqual({ engine: 'xla', platform: 'cuda', devices: 'all' });
    for (const device of ['cpu', 'xla:cpu:2'])
      expect(() => on(device)).toThrow(
        `OPEN_CHATGPT_DEVICE=${device} computes in one process, and OPEN_CHATGPT_UNVERIFIED_RANKS_TOKEN asks for a mesh over the ranks: ` +
          'set OPEN_CHATGPT_DEVICE=cuda:all, or leave the token out',
      );
  });
});
