import { existsSync } from 'node:fs';
import { type InstalledPlugin, installedPlugin } from '@open-chatgpt/cache';
import { MachineError } from '../machine-error';
import { LEAST_DRIVER, nvidiaDriver } from './nvidia-driver';

/** The plugins for NVIDIA GPUs, the preferred one first. */
const CUDA = ['cuda13', 'cuda12'] as const;

/** What the engine loads. */
export interface XlaPlugin {
  library: string;
  /** For the flag `--xla_gpu_cuda_data_dir`: its `bin` has `ptxas`. Null for a CPU, or where it is not known. */
  cudaFolder: string | null;
  /** Libraries to load before, in this order. */
  preload: readonly string[];
}

/**
 * The XLA plugin for a platform, from the cache. For NVIDIA GPUs it is one that the driver can run. OPEN_CHATGPT_PJRT_PLUGIN names
 * another plugin, for every platform.
 *
 * @param driver version of NVIDIA's driver; null where it is not known
 * @throws MachineError that names the remedy, where the plugin is missing, damaged, of another version, or cannot run
 */
export function findPlugin(platform: 'cpu' | 'cuda' | 'rocm', driver = nvidiaDriver()): XlaPlugin {
  const override = process.env.OPEN_CHATGPT_PJRT_PLUGIN;
  if (override) {
    if (existsSync(override)) return { library: override, cudaFolder: null, preload: [] };
    throw new MachineError(`OPEN_CHATGPT_PJRT_PLUGIN names "${override}", which does not exist`);
  }
  if (platform === 'rocm')
    throw new MachineError(
      'no XLA plugin for rocm can be installed by this program. Set OPEN_CHATGPT_PJRT_PLUGIN to the path of one',
    );
  const plugins = platform === 'cpu' ? (['cpu'] as const) : pluginsForDriver(driver);
  let compiler: InstalledPlugin | null = null;
  for (const kind of plugins) {
    const plugin = openPlugin(kind);
    if (plugin?.parts === 'all') return plugin;
    compiler ??= plugin;
  }
  throw new MachineError(
    compiler
      ? `the XLA plugin ${compiler.kind} is installed to compile only. ${remedy(compiler.kind)}`
      : `no XLA plugin for ${platform} is installed that runs on this machine. ${remedy(plugins[0])}`,
  );
}

/**
 * XLA's compiler for NVIDIA GPUs, which needs neither a GPU nor a driver.
 * @throws MachineError that names the remedy, where it is missing, damaged or of another version
 */
export function gpuCompiler(): XlaPlugin {
  for (const kind of CUDA) {
    const plugin = openPlugin(kind);
    if (plugin) return { ...plugin, preload: [] };
  }
  throw new MachineError(`no XLA compiler for GPUs is installed. ${remedy(`${CUDA[0]} --compiler-only`)}`);
}

function pluginsForDriver(driver: string | null): readonly (typeof CUDA)[number][] {
  if (driver === null) return CUDA;
  const plugins = CUDA.filter((kind) => Number.parseInt(driver, 10) >= LEAST_DRIVER[kind]);
  if (plugins.length > 0) return plugins;
  throw new MachineError(
    `the NVIDIA driver ${driver} is too old: the XLA plugins need ${LEAST_DRIVER.cuda12} or newer. Update the driver`,
  );
}

function openPlugin(kind: InstalledPlugin['kind']): InstalledPlugin | null {
  try {
    return installedPlugin(kind);
  } catch (error) {
    throw new MachineError(
      `the XLA plugin ${kind} cannot be used: ${(error as Error).message}. ${remedy(kind)}`,
    );
  }
}

function remedy(what: string): string {
  return `Run "openchat device install ${what}"`;
}
