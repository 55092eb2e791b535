import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PluginManifest } from '../plugins/manifest';
import { PINNED_PLUGINS, type PluginKind } from '../plugins/pinned-plugins';

/**
 * Writes a plugin of a few bytes, with its manifest, into a cache folder.
 * @returns the path of its library
 */
export function writeFakePlugin(
  cache: string,
  kind: PluginKind,
  change: Partial<PluginManifest> = {},
): string {
  const { version, library, preload } = PINNED_PLUGINS[kind];
  const folder = join(cache, kind);
  const files = [library, ...preload].map((path) => {
    const content = path === library ? 'a plugin' : 'a library';
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    return { path, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  });
  const manifest: PluginManifest = { version, parts: 'all', wheels: [], files, ...change };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return join(folder, library);
}
