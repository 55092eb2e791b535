import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readAll } from '../bytes';
import { StorageError } from '../errors';
import { checkKey } from '../key';
import type { ObjectStore } from '../object-store';

export const folderReferenceSchema = z.object({
  /** The address of the manifest: `s3://bucket/prefix/<version>/manifest.json`. */
  uri: z.string(),
  /** The hash of the manifest's bytes, in hex. */
  sha256: z.string(),
  /** The size of the manifest in bytes. */
  size: z.number(),
  /** A hash of the content: equal folders have equal versions. */
  version: z.string(),
});

/** Identifies a published folder by its manifest. The fields are those of an event's `dataref`. */
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

/** The files of a folder, sorted by path. A path has `/` between its parts. */
export type FolderManifest = z.output<typeof manifestSchema>;
export type PublishedFile = FolderManifest['files'][number];

const MANIFEST = 'manifest.json';
const MAX_BYTES = 64 << 20;

/** How many hex digits of the manifest's sha256 name its folder; 128 bits do not collide by chance. */
const VERSION_DIGITS = 32;

const folderOf = (manifestKey: string) => manifestKey.slice(0, -MANIFEST.length);

/** The key of a file of a published folder. Files have their own subfolder, because a file may be named `manifest.json`. */
export const fileKey = (manifestKey: string, path: string) => `${folderOf(manifestKey)}files/${path}`;

/** The key of the folder's mark: an empty object whose write time starts the grace period of the garbage collection. */
export const markKey = (manifestKey: string) => `${folderOf(manifestKey)}mark`;

const inFolder = /^((?:.*?\/)?[0-9a-f]{32}\/)(?:manifest\.json|mark|files\/.+)$/s;

/** The key of the manifest of the published folder to which an object belongs; null for other objects. */
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
 * Reads the key and the files of a published folder.
 * Throws ObjectNotFoundError, ChecksumError, and StorageError if the manifest is invalid or in another store.
 */
export async function describeFolder(
  store: ObjectStore,
  reference: Pick<FolderReference, 'uri' | 'sha256'>,
): Promise<FolderManifest & { manifestKey: string }> {
  const manifestKey = manifestKeyOf(store, reference);
  return { manifestKey, ...(await readManifest(store, manifestKey, reference.sha256)) };
}

/** The key of the manifest in this store. Throws StorageError if it is in another store. */
export function manifestKeyOf(store: ObjectStore, { uri }: Pick<FolderReference, 'uri'>): string {
  const base = baseOf(store);
  const key = uri.startsWith(base) ? uri.slice(base.length) : '';
  if (!key.endsWith(`/${MANIFEST}`))
    throw new StorageError(
      `${uri} is not a manifest in the store ${store.url}; configure the store to which it was published.`,
    );
  checkKey(key);
  return key;
}

/**
 * Reads a manifest.
 * Throws ObjectNotFoundError, ChecksumError, and StorageError if the manifest is invalid.
 */
async function readManifest(store: ObjectStore, key: string, sha256?: string): Promise<FolderManifest> {
  return parseManifest(await readManifestText(store, key, sha256), key);
}

/** The bytes of a manifest. Throws ObjectNotFoundError and ChecksumError. */
export async function readManifestText(store: ObjectStore, key: string, sha256?: string): Promise<Buffer> {
  return readAll(await store.get(key, { sha256 }), MAX_BYTES, key);
}

/**
 * The files that a manifest names.
 * @param key of the manifest, for messages
 * @throws StorageError when it is invalid, or a path leaves the folder
 */
export function parseManifest(text: Buffer, key: string): FolderManifest {
  const reject = (fault: string, cause?: unknown): never => {
    throw new StorageError(`"${key}" is not a valid manifest: ${fault}; publish the folder again.`, {
      cause,
    });
  };
  let raw: unknown;
  try {
    raw = JSON.parse(text.toString());
  } catch (error) {
    return reject('it is not JSON', error);
  }
  const { success, data, error } = manifestSchema.safeParse(raw);
  if (!success) return reject(z.prettifyError(error), error);
  const paths = data.files.map(({ path }) => path);
  for (const path of paths) checkKey(path);
  if (new Set(paths).size < paths.length) reject('it names a file twice');
  return data;
}

const baseOf = ({ url }: ObjectStore) => (url.endsWith('/') ? url : `${url}/`);
