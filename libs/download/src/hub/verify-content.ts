import { createHash } from 'node:crypto';
import { ConnectionError } from '../http/http-errors';

/** What the hub says about the content of a file. */
export interface ExpectedContent {
  /** In bytes. */
  size?: number;
  /** In hexadecimal. */
  sha256?: string;
}

/**
 * Passes bytes on and compares their size and SHA-256 with the expected ones at the end of the stream.
 * @throws ConnectionError when they differ
 */
export async function* verifyContent(
  bytes: AsyncIterable<Buffer>,
  { size, sha256 }: ExpectedContent,
  name: string,
): AsyncGenerator<Buffer> {
  const hash = sha256 === undefined ? undefined : createHash('sha256');
  let read = 0;
  for await (const chunk of bytes) {
    hash?.update(chunk);
    read += chunk.length;
    yield chunk;
  }
  if ((size === undefined || size === read) && hash?.digest('hex') === sha256) return;
  throw new ConnectionError(
    `${name} differs from the size or SHA-256 that the hub lists: the download is damaged. Try again.`,
  );
}
