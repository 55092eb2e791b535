import { ConnectionError, HttpStatusError } from '@open-chatgpt/download';

/** Answers of a server that has too much to do, or is broken at the moment. */
const passes = (status: number) => status >= 500 || status === 429 || status === 408;

/**
 * Whether a dataset could not be read because the way to it, or the server that has it, failed: another try may succeed.
 * What is wrong with the data, its name or the options stays wrong.
 */
export function isSourceUnavailable(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof ConnectionError || (at instanceof HttpStatusError && passes(at.status))) return true;
  return false;
}
