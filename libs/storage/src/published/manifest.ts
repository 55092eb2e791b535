import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readAll } from '../bytes';
import { StorageError } from '../errors';
import { checkKey } from '../key';
import type { ObjectStore } from '../object-store';

export const folderReferenceSchema = z.object({
  /** Of the manifest, as `s3://bucket/prefix/<version>/manifest.json`. */
  uri: z.string(),
  /** Of the manifest's bytes, hex. */
  sha256: z.string(),
  /** Bytes of the manifest. */
  size: z.number(),
  /** Of the content: equal folders, equal version. */
  version: z.string(),
});

/** A published folder by its manifest; the fields are those of an event's `dataref`. */
export type FolderReference = z.output<typeof folderReferenceSchema>;

const manifestSchema = z.object({
  formatVersion: z.literal(1),
  files: z.array(
    z.object({
      path: z.string(),
      size: z.int().min(0),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

/** The files of a folder, in the order of their paths. A path has `/` between its parts. */
export type FolderManifest = z.output<typeof manifestSchema>;
export type PublishedFile = FolderManifest['files'][number];

const MANIFEST = 'manifest.json';
const MOST_BYTES = 64 << 20;

/** Hex digits of the manifest's sha256 that name its folder: 128 bits are never the same by chance. */
const VERSION_DIGITS = 32;

const folderOf = (manifestKey: string) => manifestKey.slice(0, -MANIFEST.length);

/** The key of a file of the folder whose manifest is given. Files have a folder of their own: one may be called as the manifest is. */
export const fileKey = (manifestKey: string, path: string) => `${folderOf(manifestKey)}files/${path}`;

/** The key of the folder's mark, an empty object. When it was written tells the garbage collection since when to wait. */
export const markKey = (manifestKey: string) => `${folderOf(manifestKey)}mark`;

const inFolder = /^((?:.*?\/)?[0-9a-f]{32}\/)(?:manifest\.json|mark|files\/.+)$/;

/** The key of the manifest of the published folder that an object belongs to; null when it belongs to none. */
export function manifestKeyFor(key: string): string | null {
  const [, folder] = inFolder.exec(key) ?? [];
  return folder === undefined ? null : folder + MANIFEST;
}

export function encodeManifest(store: ObjectStore, prefix: string, files: readonly PublishedFile[]) {
  const text = Buffer.from(`${JSON.stringify({ formatVersion: 1, files }, null, 2)}\n`);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const version = sha256.slice(0, VERSION_DIGITS);
  const key = `${prefix}/${version}/${MANIFEST}`;
  const reference: FolderReference = { uri: baseOf(store) + key, sha256, size: text.length, version };
  return { key, text, reference };
}

/**
 * Where a published folder lies in this store, and its files.
 * Throws ObjectNotFoundError, ChecksumError, and StorageError when it is no manifest, or another store's.
 */
export async function describeFolder(
  store: ObjectStore,
  reference: Pick<FolderReference, 'uri' | 'sha256'>,
): Promise<FolderManifest & { manifestKey: string }> {
  const manifestKey = manifestKeyOf(store, reference);
  return { manifestKey, ...(await readManifest(store, manifestKey, reference.sha256)) };
}

/** The key that the reference has in this store. Throws StorageError when it is another store's. */
export function manifestKeyOf(store: ObjectStore, { uri }: Pick<FolderReference, 'uri'>): string {
  const base = baseOf(store);
  const key = uri.startsWith(base) ? uri.slice(base.length) : '';
  if (!key.endsWith(`/${MANIFEST}`))
    throw new StorageError(
      `${uri} is no manifest in the store ${store.url}; configure the store that it was published to.`,
    );
  checkKey(key);
  return key;
}

/**
 * Reads a manifest, and refuses one that would write outside of a folder.
 * Throws ObjectNotFoundError, ChecksumError, and StorageError when it is not a manifest of ours.
 */
export async function readManifest(
  store: ObjectStore,
  key: string,
  sha256?: string,
): Promise<FolderManifest> {
  const text = await readAll(await store.get(key, { sha256 }), MOST_BYTES, key);
  const refuse = (fault: string, cause?: unknown): never => {
    throw new StorageError(`"${key}" is no manifest of a folder: ${fault}; publish the folder again.`, {
      cause,
    });
  };
  let raw: unknown;
  try {
    raw = JSON.parse(text.toString());
  } catch (error) {
    return refuse('it is not JSON', error);
  }
  const { success, data, error } = manifestSchema.safeParse(raw);
  if (!success) return refuse(z.prettifyError(error), error);
  const paths = data.files.map(({ path }) => path);
  for (const path of paths) checkKey(path);
  if (new Set(paths).size < paths.length) refuse('it names a file twice');
  return data;
}

const baseOf = ({ url }: ObjectStore) => (url.endsWith('/') ? url : `${url}/`);
