import { posix } from 'node:path';
import { StorageError } from '../errors';
import type { ObjectStore } from '../object-store';
import { storeTime } from '../store-time';
import { currentKey } from './current';
import { type FolderReference, manifestKeyFor, manifestKeyOf, markKey } from './manifest';

export interface GarbageRules {
  /** Folders to keep, such as the checkpoints from which a run may resume, and the sources of a model. */
  referenced: Iterable<Pick<FolderReference, 'uri'>>;
  /**
   * How many of the newest folders below each prefix to keep without a reference, because a folder is published before its
   * reference exists. At least 1, which is the default.
   */
  keepLatest?: number;
  /**
   * Keeps folders that were published less than this time ago, because their references may not be visible yet. Default 0,
   * for a caller that knows all references.
   */
  minAgeMs?: number;
  /** How long to keep the files of a folder without a manifest: readers may still use it, or it may not be fully published. */
  graceMs: number;
  /** Deletes nothing; only reports. */
  dryRun?: boolean;
}

/** The keys of manifests, in the order of the listing. */
export interface GarbageReport {
  kept: string[];
  /** Folders whose manifest was deleted; their files are deleted after the grace period. */
  hidden: string[];
  /** Bytes of the hidden folders. */
  hiddenBytes: number;
  /** Folders whose files were deleted, because they had no manifest for longer than the grace period. */
  removed: string[];
  /** Bytes of the removed folders. */
  removedBytes: number;
}

/** A published folder in a listing. */
interface Listed {
  manifest: string;
  /** When the manifest was written; undefined without a manifest. */
  published?: Date;
  /** When the newest of its objects was written. */
  touched: Date;
  bytes: number;
}

/**
 * Removes unreferenced published folders below the prefixes (without a `/` at the end). It works in two steps, usually in
 * two calls: first it deletes the manifest, so that no new reader starts; then, if no object of the folder was written
 * for `graceMs`, the files. If a call is interrupted at any point, the next one continues. It touches no other objects.
 *
 * Every folder below a prefix that is still needed must be in `referenced`, or among the newest. Throws StorageError for
 * invalid rules, and the errors of the store.
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
  const kept = new Set([...referenced].map((reference) => manifestKeyOf(store, reference)));
  const now = (await storeTime(store)).getTime();
  const report: GarbageReport = { kept: [], hidden: [], hiddenBytes: 0, removed: [], removedBytes: 0 };
  for (const prefix of prefixes) {
    const folders = await listFolders(store, prefix);
    const latest = new Set(newestFirst(folders).slice(0, keepLatest));
    for (const folder of folders) {
      const { manifest, published, touched, bytes } = folder;
      if (published) {
        const isYoung = now - published.getTime() < minAgeMs;
        if (isYoung || latest.has(folder) || kept.has(manifest)) {
          report.kept.push(manifest);
          continue;
        }
        report.hidden.push(manifest);
        report.hiddenBytes += bytes;
        if (!dryRun) await hide(store, manifest);
      } else if (now - touched.getTime() >= graceMs) {
        report.removed.push(manifest);
        report.removedBytes += bytes;
        if (!dryRun) await remove(store, manifest);
      }
    }
  }
  return report;
}

/**
 * Hides all folders that were published below the prefix, and deletes the prefix's `current.json`. The next
 * `collectGarbage` removes the files after its grace period. Throws the errors of the store; the next call continues.
 */
export async function unpublish(store: ObjectStore, prefix: string): Promise<void> {
  await store.delete(currentKey(prefix));
  for (const { manifest, published } of await listFolders(store, prefix))
    if (published) await hide(store, manifest);
}

/** The prefixes below `below` at which folders are published, sorted by name. */
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

/** S3 has a resolution of one second. For equal times the greater key counts as newer, which is right for keys with steps. */
function newestFirst(folders: readonly Listed[]): Listed[] {
  const published = folders.filter((folder) => folder.published);
  return published.sort(
    (a, b) => Number(b.published) - Number(a.published) || (a.manifest < b.manifest ? 1 : -1),
  );
}

/** Writes the mark first. Without it, the files of an old folder could be deleted at once, without the grace period. */
async function hide(store: ObjectStore, manifest: string): Promise<void> {
  await store.put(markKey(manifest), Buffer.alloc(0));
  await store.delete(manifest);
}

/** Deletes the mark last, because it records since when the other objects are garbage. */
async function remove(store: ObjectStore, manifest: string): Promise<void> {
  // The folder was published again after the listing.
  if (await store.head(manifest)) return;
  const mark = markKey(manifest);
  for await (const { key } of store.list(mark.slice(0, -'mark'.length)))
    if (key !== mark) await store.delete(key);
  await store.delete(mark);
}
