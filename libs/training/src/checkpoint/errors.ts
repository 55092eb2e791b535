const causes: Record<string, { found: string; remedy: string }> = {
  ENOSPC: {
    found: 'the disk is full',
    remedy: 'free space there, lower saveTotalLimit, or choose another folder',
  },
  EDQUOT: {
    found: 'the disk quota is used up',
    remedy: 'free space there, lower saveTotalLimit, or choose another folder',
  },
  EFBIG: { found: 'a file is larger than the system allows', remedy: 'raise the limit (ulimit -f)' },
  EACCES: {
    found: 'permission is denied',
    remedy: 'make the folder writable for this user, or choose another',
  },
  EPERM: {
    found: 'the operation is not permitted',
    remedy: 'make the folder writable for this user, or choose another',
  },
  EROFS: { found: 'the file system is read-only', remedy: 'choose another folder' },
  ENOTDIR: { found: 'part of the path is a file', remedy: 'choose another folder' },
  EIO: { found: 'the disk reports an error', remedy: 'check the disk, or choose a folder on another' },
};

/** The error of a failed write: the cause, the last intact checkpoint, the remedy. */
export function explainSaveFailure(
  error: unknown,
  dir: string,
  step: number,
  lastGood: number | null,
): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const cause = causes[code ?? ''] ?? { found: message, remedy: 'see the cause' };
  const safe =
    lastGood === null ? 'there is no earlier checkpoint' : `the checkpoint of step ${lastGood} is intact`;
  return new Error(
    `the checkpoint of step ${step} was not written to ${dir}: ${cause.found}; ${safe}; remedy: ${cause.remedy}`,
    { cause: error },
  );
}
