import type { ObjectStore } from '../../object-store';

/** The minimum part size of S3, so that multipart uploads stay small. */
export const PART_SIZE = 5 << 20;

/**
 * Defines the tests of a guarantee that every store gives.
 * @param open opens a new empty store
 * @param addressOf the arguments with which another process opens the same store
 */
export type StoreContract = (open: () => ObjectStore, addressOf: (store: ObjectStore) => string) => void;
