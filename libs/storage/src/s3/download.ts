import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Client } from 'minio';
import { backOff, type RetryOptions, requestBackoff } from '../retry';
import { isTransient } from './s3-errors';

export interface Download {
  client: Client;
  bucket: string;
  name: string;
  retries: RetryOptions;
  again: <T>(request: () => Promise<T>) => Promise<T>;
  translate: (error: unknown) => Error;
}

function request({ client, bucket, name }: Download, offset: number, etag: string): Promise<IncomingMessage> {
  const headers: Record<string, string> = offset ? { range: `bytes=${offset}-`, 'if-match': etag } : {};
  const expected = offset ? 206 : 200;
  return client.makeRequestAsync({ method: 'GET', bucketName: bucket, objectName: name, headers }, '', [
    expected,
  ]);
}

/** The chunks of the object from `response` on; where the connection breaks they go on from the same byte, of the same version. */
async function* resuming(download: Download, response: IncomingMessage): AsyncGenerator<Uint8Array> {
  const { attempts = 5 } = download.retries;
  const etag = response.headers.etag ?? '';
  const size = Number(response.headers['content-length']);
  let offset = 0;
  for (let failures = 0; ; ) {
    try {
      for await (const chunk of response) {
        offset += chunk.length;
        failures = 0;
        yield chunk;
      }
      return;
    } catch (error) {
      if (++failures >= attempts || !isTransient(error)) throw download.translate(error);
      if (offset === size) return;
      await backOff(failures, requestBackoff(download.retries));
      response = await download
        .again(() => request(download, offset, etag))
        .catch((failure) => {
          throw download.translate(failure);
        });
    }
  }
}

/** Opens the object; the promise settles when the server has answered. */
export async function downloadObject(download: Download): Promise<Readable> {
  const response = await download.again(() => request(download, 0, ''));
  const stream = Readable.from(resuming(download, response), { objectMode: false });
  // A stream that is given up before its first byte never enters the generator.
  return stream.once('close', () => response.destroy());
}
