import {
  InvalidKeyError,
  StorageError,
  StorageFullError,
  StorageRefusedError,
  StorageUnavailableError,
} from '../errors';

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** The path does not exist, or one of its parents is a file. */
export const isMissing = (error: unknown) => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';

/** For `catch`: ignores a missing path. */
export function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}

/** Converts an error of the operating system; `doing` names the failed operation, such as `Writing "a/b"`. */
export function fromFileError(error: unknown, doing: string): Error {
  if (error instanceof StorageError) return error;
  const options = { cause: error };
  const code = codeOf(error);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new StorageFullError(`${doing}: the disk is full (${code}); free some space.`, options);
    case 'EFBIG':
      return new StorageFullError(
        `${doing}: the file is larger than the system allows (EFBIG); raise the limit (ulimit -f).`,
        options,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StorageRefusedError(
        `${doing}: not permitted (${code}); check the owner and mode of the folder.`,
        options,
      );
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
    case 'ENOTEMPTY':
      return new InvalidKeyError(
        `${doing}: in a folder a key cannot lie below an object, nor an object above keys.`,
        options,
      );
    case 'EIO':
    case 'EMFILE':
    case 'ENFILE':
    case 'ESTALE':
    case 'ETIMEDOUT':
      return new StorageUnavailableError(`${doing}: the file system failed (${code}).`, options);
    default:
      return new StorageError(`${doing}: ${error instanceof Error ? error.message : error}`, options);
  }
}
