import { existsSync } from 'node:fs';
import { installedPlugin } from '@open-chatgpt/cache';
import { MachineError } from '../machine-error';

/** The plugins that serve a platform, the preferred one first. */
const CANDIDATES = { cpu: ['cpu'], cuda: ['cuda13', 'cuda12'], rocm: [] } as const;

/**
 * Path of the XLA plugin for a platform, from the cache. OPEN_CHATGPT_PJRT_PLUGIN names another one, for each platform.
 * @throws MachineError that names the remedy, where the plugin is missing, damaged, of another version, or cannot run
 */
export function pluginPath(platform: keyof typeof CANDIDATES): string {
  const override = process.env.OPEN_CHATGPT_PJRT_PLUGIN;
  if (override) {
    if (existsSync(override)) return override;
    throw new MachineError(`OPEN_CHATGPT_PJRT_PLUGIN names "${override}", which does not exist`);
  }
  let compiler: string | null = null;
  for (const kind of CANDIDATES[platform]) {
    const plugin = openPlugin(kind);
    if (plugin?.parts === 'all') return plugin.library;
    if (plugin) compiler ??= kind;
  }
  if (compiler)
    throw new MachineError(`the XLA plugin ${compiler} is installed to compile only. ${remedy(compiler)}`);
  const [preferred] = CANDIDATES[platform];
  throw new MachineError(
    preferred
      ? `no XLA plugin for ${platform} is installed. ${remedy(preferred)}`
      : `no XLA plugin for ${platform} can be installed by this program. Set OPEN_CHATGPT_PJRT_PLUGIN to the path of one`,
  );
}

function openPlugin(kind: (typeof CANDIDATES)['cpu' | 'cuda'][number]) {
  try {
    return installedPlugin(kind);
  } catch (error) {
    throw new MachineError(
      `the XLA plugin ${kind} cannot be used: ${(error as Error).message}. ${remedy(kind)}`,
    );
  }
}

function remedy(kind: string): string {
  return `Run "openchat device install ${kind}"`;
}
