import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type PluginManifest, pluginCacheFolder, readManifest, writeManifest } from '@open-chatgpt/cache';
import { hasContent } from '../files/has-content';
import { fetchPinnedWheel } from './fetch-pinned-wheel';
import type { PinnedWheel } from './pinned-wheels';
import type { Installation } from './plan-installation';
import { checkSpace, explained } from './space';
import { unpackWheel } from './unpack-wheel';

export interface InstallProgress {
  phase: 'download' | 'unpack';
  fileName: string;
  /** Of all wheels together. */
  doneBytes: number;
  totalBytes: number;
}

export interface InstallOptions {
  /** By default `pluginCacheFolder()`. */
  cache?: string;
  onProgress?: (progress: InstallProgress) => void;
}

/** Work folders of installations that were killed are removed after this time. */
const ABANDONED_MS = 24 * 3_600_000;

/**
 * Downloads the wheels of a plugin into the cache, checks their SHA-256, and unpacks what the plugin needs. The plugin appears at once
 * and whole; an installation that is interrupted continues with the bytes that it has.
 *
 * @returns false when the plugin is there already, and undamaged
 * @throws Error that names the cause and the remedy
 */
export async function installPlugin(
  installation: Installation,
  { cache = pluginCacheFolder(), onProgress = () => {} }: InstallOptions = {},
): Promise<boolean> {
  const { kind, version, parts, wheels } = installation;
  const folder = join(cache, kind);
  if (await isInstalled(installation, folder)) return false;
  try {
    await mkdir(cache, { recursive: true });
    await removeAbandoned(cache);
    const downloads = join(cache, 'wheels');
    await mkdir(downloads, { recursive: true });
    await checkSpace(cache, downloads, wheels);
    const archives = await downloadAll(wheels, downloads, onProgress);
    const work = await mkdtemp(join(cache, '.work-'));
    try {
      const made = join(work, 'new');
      await mkdir(made);
      const files = await unpackAll(archives, wheels, made, onProgress);
      await writeManifest(made, { version, parts, wheels: wheels.map(({ fileName }) => fileName), files });
      await moveAside(folder, join(work, 'old'));
      await rename(made, folder);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    for (const archive of archives) await rm(archive, { force: true });
  } catch (error) {
    throw explained(error as NodeJS.ErrnoException, kind, cache);
  }
  return true;
}

/** Whether the cache has at least these wheels, of which no file was damaged since. */
async function isInstalled({ version, parts, wheels }: Installation, folder: string): Promise<boolean> {
  let manifest: PluginManifest | null;
  try {
    manifest = readManifest(folder);
  } catch {
    return false; // A damaged manifest: the installation replaces it.
  }
  if (manifest?.version !== version || (parts === 'all' && manifest.parts !== 'all')) return false;
  if (!wheels.every(({ fileName }) => manifest.wheels.includes(fileName))) return false;
  for (const { path, size, sha256 } of manifest.files)
    if (!(await hasContent(join(folder, path), { bytes: size, sha256 }))) return false;
  return true;
}

async function downloadAll(
  wheels: readonly PinnedWheel[],
  downloads: string,
  onProgress: (progress: InstallProgress) => void,
): Promise<string[]> {
  const totalBytes = sum(wheels.map(({ bytes }) => bytes));
  const archives: string[] = [];
  let before = 0;
  for (const wheel of wheels) {
    const { fileName } = wheel;
    const report = (done: number) =>
      onProgress({ phase: 'download', fileName, doneBytes: before + done, totalBytes });
    archives.push(await fetchPinnedWheel(wheel, downloads, report));
    before += wheel.bytes;
    report(0);
  }
  return archives;
}

async function unpackAll(
  archives: readonly string[],
  wheels: readonly PinnedWheel[],
  folder: string,
  onProgress: (progress: InstallProgress) => void,
): Promise<PluginManifest['files']> {
  const totalBytes = sum(wheels.map(({ unpackedBytes }) => unpackedBytes));
  const files: PluginManifest['files'] = [];
  let before = 0;
  for (const [i, archive] of archives.entries()) {
    const { fileName, unpackedBytes } = wheels[i];
    const report = (done: number) =>
      onProgress({ phase: 'unpack', fileName, doneBytes: before + done, totalBytes });
    files.push(...(await unpackWheel(archive, folder, report)));
    before += unpackedBytes;
  }
  return files;
}

/** A folder with content cannot be replaced by a rename. */
async function moveAside(folder: string, target: string): Promise<void> {
  await rename(folder, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    const made = (await stat(path).catch(() => null))?.mtimeMs ?? Date.now();
    if (name.startsWith('.work-') && Date.now() - made > ABANDONED_MS)
      await rm(path, { recursive: true, force: true });
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
