import { z } from 'zod';
import { changeDocument, readDocument } from '../documents/change-document';
import { StorageError } from '../errors';
import type { ObjectStore } from '../object-store';
import { folderReferenceSchema } from './manifest';

const currentSchema = z.object({
  manifest: folderReferenceSchema,
  /** The file's name, if a single file was published. */
  file: z.string().optional(),
});

/** The published folder to which a prefix points. */
export type CurrentFolder = z.output<typeof currentSchema>;

/** The key of the document. */
export const currentKey = (prefix: string) => `${prefix}/current.json`;

/**
 * The current one of the folders that were published at `prefix`, or null. The others are older ones, and those of
 * writers that lost a race.
 * Throws StorageError if the document is invalid, and the errors of the store.
 */
export async function currentFolder(store: ObjectStore, prefix: string): Promise<CurrentFolder | null> {
  const found = await readDocument(store, currentKey(prefix));
  if (found === null) return null;
  const { success, data, error } = currentSchema.safeParse(found);
  if (success) return data;
  throw new StorageError(
    `"${currentKey(prefix)}" is not a valid folder reference: ${z.prettifyError(error)}; delete it.`,
  );
}

/** Sets the current folder of a prefix. */
export async function makeCurrent(store: ObjectStore, prefix: string, current: CurrentFolder): Promise<void> {
  await changeDocument(store, currentKey(prefix), () => current);
}
