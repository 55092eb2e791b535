import { z } from 'zod';
import { changeDocument, readDocument } from '../documents/change-document';
import { StorageError } from '../errors';
import type { ObjectStore } from '../object-store';
import { folderReferenceSchema } from './manifest';

const currentSchema = z.object({
  manifest: folderReferenceSchema,
  /** Where one file was published, its name. */
  file: z.string().optional(),
});

/** The published folder that a prefix stands for. */
export type CurrentFolder = z.output<typeof currentSchema>;

/** The key of the document. */
export const currentKey = (prefix: string) => `${prefix}/current.json`;

/**
 * Which of the folders that were published at `prefix` counts, or null. Others may lie beside it: older ones, and those of
 * writers that were overtaken before they could say so here.
 * Throws StorageError when the document is none, and what the store throws.
 */
export async function currentFolder(store: ObjectStore, prefix: string): Promise<CurrentFolder | null> {
  const found = await readDocument(store, currentKey(prefix));
  if (found === null) return null;
  const { success, data, error } = currentSchema.safeParse(found);
  if (success) return data;
  throw new StorageError(`"${currentKey(prefix)}" names no folder: ${z.prettifyError(error)}; delete it.`);
}

/** Says which folder counts from now on. */
export async function makeCurrent(store: ObjectStore, prefix: string, current: CurrentFolder): Promise<void> {
  await changeDocument(store, currentKey(prefix), () => current);
}
