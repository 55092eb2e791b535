import { installedPlugin, PINNED_PLUGINS, type PluginKind, type PluginManifest } from '@open-chatgpt/cache';

/** An XLA plugin that can be installed. */
export interface PluginState {
  plugin: PluginKind;
  /** The version that this program needs. */
  version: string;
  /** What is installed; null where nothing is, or where it is damaged or of another version. */
  installed: { parts: PluginManifest['parts']; bytes: number } | null;
  /** Why it cannot be used. */
  problem: string | null;
}

/** The plugins, installed or not. Reads the files of those that are. */
export function pluginStates(): PluginState[] {
  return (['cpu', 'cuda12', 'cuda13'] as const).map((plugin) => {
    const { version } = PINNED_PLUGINS[plugin];
    try {
      const found = installedPlugin(plugin);
      const installed = found && { parts: found.parts, bytes: found.bytes };
      return { plugin, version, installed, problem: installed ? null : 'not installed' };
    } catch (error) {
      return { plugin, version, installed: null, problem: (error as Error).message };
    }
  });
}
