import { PINNED_PLUGINS, type PluginKind, type PluginManifest } from '@open-chatgpt/cache';
import { PINNED_WHEELS, type PinnedWheel, PLUGIN_PLATFORM } from './pinned-wheels';

/** Wheels that become one plugin. */
export interface Installation {
  kind: PluginKind;
  version: string;
  parts: PluginManifest['parts'];
  wheels: readonly PinnedWheel[];
}

/**
 * What an installation consists of.
 * @param parts `compiler`: only what compiling ahead of time needs
 * @throws Error on a platform for which there are no wheels
 */
export function planInstallation(
  kind: PluginKind,
  parts: PluginManifest['parts'],
  platform = `${process.platform}-${process.arch}`,
): Installation {
  if (platform !== PLUGIN_PLATFORM)
    throw new Error(
      `this machine is ${platform}, and the XLA plugins are built for ${PLUGIN_PLATFORM} only. OPEN_CHATGPT_DEVICE=cpu computes ` +
        'with ONNX Runtime; for another build of XLA set OPEN_CHATGPT_PJRT_PLUGIN to its path',
    );
  const wheels = PINNED_WHEELS[kind].filter(({ compiles }) => parts === 'all' || compiles);
  return { kind, version: PINNED_PLUGINS[kind].version, parts, wheels };
}
