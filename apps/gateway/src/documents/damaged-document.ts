import { StorageError } from '@open-chatgpt/storage';

/** A document that is not JSON, or lacks fields: a write of another program or a failing disk has damaged it. */
export class DamagedDocument extends StorageError {
  /** @param etag of the damaged version */
  constructor(
    readonly key: string,
    readonly etag: string,
    why: string,
  ) {
    super(
      `"${key}" is damaged (${why}) and is left aside: restore it from a backup, or delete it to forget what it describes.`,
    );
  }
}
