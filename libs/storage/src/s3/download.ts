import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { backOff, requestBackoff } from '../retry';
import { isTransient } from './s3-errors';
import type { S3Object } from './s3-object';

interface OpenDownload {
  /** In Node the SDK's body is the response itself. */
  body: IncomingMessage;
  etag: string | undefined;
  /** Bytes of the object from the requested offset on. */
  size: number;
}

/** Requests the object, or the rest of the same version (`etag`) from `offset` on. */
async function request({ client, address }: S3Object, offset: number, etag?: string): Promise<OpenDownload> {
  const rest = offset ? { Range: `bytes=${offset}-`, IfMatch: etag } : {};
  const { Body, ETag, ContentLength = 0 } = await client.send(new GetObjectCommand({ ...address, ...rest }));
  return { body: Body as IncomingMessage, etag: ETag, size: ContentLength };
}

/** The chunks of the object. After a broken connection it continues at the same byte of the same version. */
async function* resuming(
  object: S3Object,
  { body, etag, size }: OpenDownload,
  translate: (error: unknown) => Error,
): AsyncGenerator<Uint8Array> {
  const { attempts = 5 } = object.retries;
  let offset = 0;
  for (let failures = 0; ; ) {
    try {
      for await (const chunk of body) {
        offset += chunk.length;
        failures = 0;
        yield chunk;
      }
      return;
    } catch (error) {
      if (++failures >= attempts || !isTransient(error)) throw translate(error);
      if (offset === size) return;
      await backOff(failures, requestBackoff(object.retries));
      ({ body } = await object
        .send(() => request(object, offset, etag))
        .catch((failure) => {
          throw translate(failure);
        }));
    }
  }
}

/** Opens the object; resolves when the server has responded. @param translate converts errors of the stream */
export async function downloadObject(
  object: S3Object,
  translate: (error: unknown) => Error,
): Promise<Readable> {
  const opened = await object.send(() => request(object, 0));
  const stream = Readable.from(resuming(object, opened, translate), { objectMode: false });
  // If the stream is destroyed before its first read, the generator never runs.
  return stream.once('close', () => opened.body.destroy());
}
