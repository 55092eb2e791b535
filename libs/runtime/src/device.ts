import { processGroup } from './process-group';

/** Where graphs run, as OPEN_CHATGPT_DEVICE says. */
export type DeviceSpec =
  | { engine: 'onnxruntime' }
  /** XLA's CPU plugin, which divides this machine into `count` devices. */
  | { engine: 'xla'; platform: 'cpu'; count: number }
  /** GPUs by their numbers. */
  | { engine: 'xla'; platform: 'cuda' | 'rocm'; devices: 'all' | readonly number[] };

const MOST_CPU_DEVICES = 64;
const EXPECTED =
  `expected cpu, xla:cpu, xla:cpu:<1 to ${MOST_CPU_DEVICES} devices>, or cuda or rocm with numbers of GPUs or "all", ` +
  'such as cuda, cuda:0,1 or cuda:all';

/**
 * @param text `cpu` (ONNX Runtime), `xla:cpu[:N]` (N devices, by default 1), or `cuda` or `rocm` with `:all` or with the numbers of
 *   GPUs (by default GPU 0)
 * @throws Error for any other text
 */
export function parseDevice(text: string): DeviceSpec {
  if (text === 'cpu') return { engine: 'onnxruntime' };
  const [xla, count = '1'] = /^xla:cpu(?::(\d{1,2}))?$/.exec(text) ?? [];
  if (xla && Number(count) >= 1 && Number(count) <= MOST_CPU_DEVICES)
    return { engine: 'xla', platform: 'cpu', count: Number(count) };
  const [, platform, numbers = '0'] = /^(cuda|rocm)(?::(all|\d{1,2}(?:,\d{1,2})*))?$/.exec(text) ?? [];
  if (platform === 'cuda' || platform === 'rocm') {
    const devices = numbers === 'all' ? 'all' : numbers.split(',').map(Number);
    if (devices === 'all' || new Set(devices).size === devices.length)
      return { engine: 'xla', platform, devices };
    throw new Error(`OPEN_CHATGPT_DEVICE=${text} names a GPU twice`);
  }
  throw new Error(`OPEN_CHATGPT_DEVICE is "${text}", ${EXPECTED}`);
}

/**
 * The device of this process: what OPEN_CHATGPT_DEVICE names, or the CPU.
 * @throws Error for another text, and where one of several ranks has a device that computes in one process only
 */
export function currentDevice(): DeviceSpec {
  const text = process.env.OPEN_CHATGPT_DEVICE || 'cpu';
  const device = parseDevice(text);
  const oneProcess = device.engine !== 'xla' || device.platform === 'cpu';
  if (oneProcess && processGroup())
    throw new Error(
      `OPEN_CHATGPT_DEVICE=${text} computes in one process, and OPEN_CHATGPT_UNVERIFIED_RANKS_TOKEN asks for a mesh over the ranks: ` +
        'set OPEN_CHATGPT_DEVICE=cuda:all, or leave the token out',
    );
  return device;
}
