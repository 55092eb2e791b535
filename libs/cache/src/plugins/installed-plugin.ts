import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type PluginManifest, readManifest } from './manifest';
import { PINNED_PLUGINS, type PluginKind } from './pinned-plugins';
import { pluginCacheFolder } from './plugin-cache-folder';
import { sha256FileSync } from './sha256-file-sync';

/** A plugin that is complete and of the right version. */
export interface InstalledPlugin {
  kind: PluginKind;
  version: string;
  /** `compiler`: it compiles, and cannot run on a GPU. */
  parts: PluginManifest['parts'];
  /** Path of the shared library. */
  library: string;
  /** Folder of CUDA's assembler and device functions; null for a CPU. */
  cudaFolder: string | null;
  /** Libraries to load before, in this order. */
  preload: readonly string[];
  /** Of all files. */
  bytes: number;
}

/**
 * The plugin in the cache, or null where it is not installed. Compares the sizes of all files with the manifest, and the SHA-256 of
 * the shared library; the NVIDIA libraries beside it have gigabytes, which each start would read.
 * @throws Error that names the file that is damaged or missing, or the version that was expected
 */
export function installedPlugin(kind: PluginKind, cache = pluginCacheFolder()): InstalledPlugin | null {
  const folder = join(cache, kind);
  const manifest = readManifest(folder);
  if (!manifest) return null;
  const { version, library, cudaFolder, preload } = PINNED_PLUGINS[kind];
  if (manifest.version !== version)
    throw new Error(`${folder} has the plugin ${manifest.version}, expected ${version}`);
  for (const { path, size } of manifest.files) {
    const found = statSync(join(folder, path), { throwIfNoEntry: false });
    if (!found?.isFile()) throw new Error(`${join(folder, path)} is missing`);
    if (found.size !== size)
      throw new Error(`${join(folder, path)} is damaged: it has ${found.size} bytes, expected ${size}`);
  }
  const { parts, files } = manifest;
  const needed = parts === 'all' ? [library, ...preload] : [library];
  const missing = needed.find((path) => !files.some((file) => file.path === path));
  if (missing) throw new Error(`${folder} is damaged: its manifest does not list ${missing}`);
  const path = join(folder, library);
  const expected = files.find((file) => file.path === library)?.sha256;
  if (sha256FileSync(path) !== expected)
    throw new Error(`${path} is damaged: its SHA-256 is not ${expected}`);
  return {
    kind,
    version,
    parts,
    library: path,
    cudaFolder: cudaFolder === undefined ? null : join(folder, cudaFolder),
    preload: needed.slice(1).map((one) => join(folder, one)),
    bytes: files.reduce((sum, { size }) => sum + size, 0),
  };
}
