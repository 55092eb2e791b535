import { availableParallelism } from 'node:os';
import { LEAST_DRIVER, onnxRuntimeVersion, threadCount } from '@open-chatgpt/runtime';
import { formatBytes } from '../terminal/format';
import type { NvidiaGpus } from './nvidia-gpus';
import type { PluginState } from './plugin-states';

/** A value of OPEN_CHATGPT_DEVICE, and whether it works here. */
export interface ListedDevice {
  device: 'cpu' | 'xla:cpu' | 'cuda';
  usable: boolean;
  found: string;
  /** What is missing, or the command for it; null where nothing is. */
  needs: string | null;
}

/** The devices of this machine. Starts none. */
export function listDevices(plugins: readonly PluginState[], nvidia: NvidiaGpus): ListedDevice[] {
  const devices: Omit<ListedDevice, 'usable'>[] = [
    onnxRuntime(),
    { device: 'xla:cpu', found: `${availableParallelism()} cores`, needs: missingPlugin(plugins, ['cpu']) },
    { device: 'cuda', found: describeGpus(nvidia), needs: missingForCuda(plugins, nvidia) },
  ];
  return devices.map(({ device, found, needs }) => ({ device, usable: needs === null, found, needs }));
}

function onnxRuntime(): Omit<ListedDevice, 'usable'> {
  try {
    const found = `ONNX Runtime ${onnxRuntimeVersion()}, ${threadCount()} threads`;
    return { device: 'cpu', found, needs: null };
  } catch (error) {
    return { device: 'cpu', found: 'no ONNX Runtime', needs: (error as Error).message };
  }
}

function describeGpus({ driver, gpus }: NvidiaGpus): string {
  if (driver === null) return 'no NVIDIA driver';
  const names = gpus.map(({ name, memoryMiB }) =>
    memoryMiB === null ? name : `${name} (${formatBytes(memoryMiB * 2 ** 20)})`,
  );
  return `NVIDIA driver ${driver}, ${names.join(', ') || 'no GPU'}`;
}

function missingForCuda(plugins: readonly PluginState[], { driver, gpus }: NvidiaGpus): string | null {
  if (driver === null || gpus.length === 0)
    return `an NVIDIA GPU with its driver, ${LEAST_DRIVER.cuda12} or newer`;
  const runnable = (['cuda13', 'cuda12'] as const).filter(
    (kind) => Number.parseInt(driver, 10) >= LEAST_DRIVER[kind],
  );
  if (runnable.length === 0) return `the driver ${LEAST_DRIVER.cuda12} or newer`;
  return missingPlugin(plugins, runnable);
}

/** The command that installs the first of these plugins; null where one of them is there, or where a variable names another. */
function missingPlugin(
  plugins: readonly PluginState[],
  wanted: readonly PluginState['plugin'][],
): string | null {
  const serves = ({ plugin, installed }: PluginState) =>
    wanted.includes(plugin) && installed?.parts === 'all';
  if (process.env.OPEN_CHATGPT_PJRT_PLUGIN || plugins.some(serves)) return null;
  return `openchat device install ${wanted[0]}`;
}
