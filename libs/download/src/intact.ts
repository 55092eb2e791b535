import { createHash } from 'node:crypto';
import { ConnectionFailed } from './http-errors';

/** What is known of a file's content before it is read. */
export interface Content {
  /** In bytes. */
  size?: number;
  /** In hexadecimal. */
  sha256?: string;
}

/** Passes bytes on, and fails instead of ending when they are not what was expected. */
export async function* intact(
  bytes: AsyncIterable<Buffer>,
  { size, sha256 }: Content,
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
  throw new ConnectionFailed(`${name} is not what the hub says it is: damaged on the way; try again`);
}
