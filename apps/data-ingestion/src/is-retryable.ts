import { isSourceUnavailable } from '@open-chatgpt/datasets';
import { StorageFailure } from '@open-chatgpt/storage';

/** Error codes of a machine that has no disk, memory or file descriptors left. */
const OUT_OF_RESOURCES = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'EROFS']);

/** Whether the same request may succeed later: the store, the network or this machine failed, and not the request itself. */
export function isRetryable(error: unknown): boolean {
  if (isSourceUnavailable(error)) return true;
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof StorageFailure || OUT_OF_RESOURCES.has((at as NodeJS.ErrnoException).code ?? ''))
      return true;
  return false;
}
