import { ConnectionError, HttpStatusError } from '@open-chatgpt/download';

/** Status codes of a server that is overloaded or temporarily broken. */
const passes = (status: number) => status >= 500 || status === 429 || status === 408;

/**
 * Whether a dataset could not be read because the network or its server failed, so that a retry may succeed. An error in the data, its
 * name or the options is permanent.
 */
export function isSourceUnavailable(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof ConnectionError || (at instanceof HttpStatusError && passes(at.status))) return true;
  return false;
}
