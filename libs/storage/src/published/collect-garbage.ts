import { posix } from 'node:path';
import { StorageError } from '../errors';
import type { ObjectStore } from '../object-store';
import { currentKey } from './current';
import { type FolderReference, manifestKeyFor, manifestKeyOf, markKey } from './manifest';

export interface GarbageRules {
  /** Folders that are kept, such as a run's checkpoints that it may resume from, and whatever a model comes from. */
  referenced: Iterable<Pick<FolderReference, 'uri'>>;
  /**
   * The newest so many below each prefix are kept as well, referenced or not: a folder is published before somebody can
   * refer to it. At least 1, which is the default.
   */
  keepLatest?: number;
  /**
   * Folders that were published so lately stay too, whoever refers to them: the reference may be under way. 0 by default,
   * for who knows all references at the moment of the call.
   */
  minAgeMs?: number;
  /** How long the files of a folder stay after its manifest is gone, for those who are reading it, and half-published ones. */
  graceMs: number;
  /** Only tell. */
  dryRun?: boolean;
}

/** Keys of manifests, in the order of the listing. */
export interface GarbageReport {
  kept: string[];
  /** No longer to be seen; their files go after the grace. */
  hidden: string[];
  /** Bytes of those that were hidden. */
  hiddenBytes: number;
  /** Gone, or never finished, so long ago that nobody reads or writes them. */
  removed: string[];
  /** Bytes of those that were removed. */
  removedBytes: number;
}

/** A published folder as a listing shows it. */
interface Listed {
  manifest: string;
  /** When the manifest was written; missing where there is none. */
  published?: Date;
  /** When the newest of its objects was written. */
  touched: Date;
  bytes: number;
}

/**
 * Removes published folders below the prefixes (folders, without a `/` at the end) that nobody needs any more, in two
 * steps that may lie in two calls: first the manifest, so that no reader begins; then, when nothing of the folder was
 * written for `graceMs`, the files. Killed at any point, the next call goes on. Other objects are left alone.
 *
 * All who publish below a prefix must be counted in `referenced`, or be the newest. Throws StorageError for rules that
 * make no sense, and what the store throws.
 */
export async function collectGarbage(
  store: ObjectStore,
  prefixes: readonly string[],
  { referenced, keepLatest = 1, minAgeMs = 0, graceMs, dryRun = false }: GarbageRules,
): Promise<GarbageReport> {
  if (!Number.isInteger(keepLatest) || keepLatest < 1 || !(graceMs >= 0))
    throw new StorageError(
      `Garbage collection: keepLatest must be 1 or more and graceMs 0 or more, not ${keepLatest} and ${graceMs}.`,
    );
  const wanted = new Set([...referenced].map((reference) => manifestKeyOf(store, reference)));
  const report: GarbageReport = { kept: [], hidden: [], hiddenBytes: 0, removed: [], removedBytes: 0 };
  for (const prefix of prefixes) {
    const folders = await listFolders(store, prefix);
    const latest = new Set(newestFirst(folders).slice(0, keepLatest));
    for (const folder of folders) {
      const { manifest, published, touched, bytes } = folder;
      if (published) {
        const isYoung = Date.now() - published.getTime() < minAgeMs;
        if (isYoung || latest.has(folder) || wanted.has(manifest)) {
          report.kept.push(manifest);
          continue;
        }
        report.hidden.push(manifest);
        report.hiddenBytes += bytes;
        if (!dryRun) await hide(store, manifest);
      } else if (Date.now() - touched.getTime() > graceMs) {
        report.removed.push(manifest);
        report.removedBytes += bytes;
        if (!dryRun) await remove(store, manifest);
      }
    }
  }
  return report;
}

/**
 * Hides all folders that were published below the prefix, at once, and what the prefix stands for: the next
 * `collectGarbage` removes the files after its grace. Throws what the store throws; then the next call goes on.
 */
export async function unpublish(store: ObjectStore, prefix: string): Promise<void> {
  await store.delete(currentKey(prefix));
  for (const { manifest, published } of await listFolders(store, prefix))
    if (published) await hide(store, manifest);
}

/** The prefixes at which folders were published below another one, in the order of their names. */
export async function publishedPrefixes(store: ObjectStore, below: string): Promise<string[]> {
  const prefixes = new Set<string>();
  for await (const { key } of store.list(`${below}/`)) {
    const manifest = manifestKeyFor(key);
    if (manifest) prefixes.add(posix.dirname(posix.dirname(manifest)));
  }
  return [...prefixes];
}

async function listFolders(store: ObjectStore, prefix: string): Promise<Listed[]> {
  const folders = new Map<string, Listed>();
  for await (const { key, size, lastModified } of store.list(`${prefix}/`)) {
    const manifest = manifestKeyFor(key);
    if (!manifest) continue;
    const folder = folders.get(manifest) ?? { manifest, touched: lastModified, bytes: 0 };
    if (key === manifest) folder.published = lastModified;
    if (lastModified > folder.touched) folder.touched = lastModified;
    folder.bytes += size;
    folders.set(manifest, folder);
  }
  return [...folders.values()];
}

/** S3 tells whole seconds: of those written in the same one the later key counts as the newer, as with steps in keys. */
function newestFirst(folders: readonly Listed[]): Listed[] {
  const published = folders.filter((folder) => folder.published);
  return published.sort(
    (a, b) => Number(b.published) - Number(a.published) || (a.manifest < b.manifest ? 1 : -1),
  );
}

/** The mark first: were the manifest gone without it, its files might be old enough to go at once. */
async function hide(store: ObjectStore, manifest: string): Promise<void> {
  await store.put(markKey(manifest), Buffer.alloc(0));
  await store.delete(manifest);
}

/** The mark last: as long as anything is left, it is known for how long. */
async function remove(store: ObjectStore, manifest: string): Promise<void> {
  // Published again since it was listed.
  if (await store.head(manifest)) return;
  const mark = markKey(manifest);
  for await (const { key } of store.list(mark.slice(0, -'mark'.length)))
    if (key !== mark) await store.delete(key);
  await store.delete(mark);
}
