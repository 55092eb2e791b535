import type { ObjectStore } from '../../object-store';

/** The smallest part that S3 allows, so that a multipart upload is a small one. */
export const PART_SIZE = 5 << 20;

/**
 * Defines the tests of a promise that every store keeps.
 * @param open opens an empty store, each time another
 * @param addressOf what another process needs to open the same store
 */
export type StoreContract = (open: () => ObjectStore, addressOf: (store: ObjectStore) => string) => void;
