import { isSourceUnavailable } from '@open-chatgpt/datasets';
import { StorageFailure } from '@open-chatgpt/storage';

/** The machine at work is out of something. */
const OUT_OF = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'EROFS']);

/** Whether the same request may succeed later: a store, a network or this machine failed, not what was asked for. */
export function maySucceedLater(error: unknown): boolean {
  if (isSourceUnavailable(error)) return true;
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof StorageFailure || OUT_OF.has((at as NodeJS.ErrnoException).code ?? '')) return true;
  return false;
}
