import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Client } from 'minio';
import { chunksOf, inParts } from '../bytes';
import { StorageError } from '../errors';
import type { WriteCondition } from '../object-store';
import { codeOf } from './s3-errors';

/** S3's own limit. */
const MOST_PARTS = 10_000;

export interface Upload {
  client: Client;
  bucket: string;
  name: string;
  condition: WriteCondition;
  partSize: number;
  /** Sends a request that may be done twice. */
  again: <T>(request: () => Promise<T>) => Promise<T>;
  /** Sends the request that makes the object appear, which may not where there is a condition. */
  once: <T>(request: () => Promise<T>) => Promise<T>;
}

interface Part {
  part: number;
  etag: string;
}

const unquoted = (etag: string | undefined) => (etag ?? '').replaceAll('"', '');

/** The server compares it with what arrives. */
const digestOf = (body: Buffer) => ({ 'content-md5': createHash('md5').update(body).digest('base64') });

function conditionHeaders({ ifNoneMatch, ifMatch }: WriteCondition): Record<string, string> {
  return {
    ...(ifNoneMatch && { 'if-none-match': ifNoneMatch }),
    ...(ifMatch && { 'if-match': `"${ifMatch}"` }),
  };
}

async function putWhole({ client, bucket, name, condition, once }: Upload, body: Buffer): Promise<string> {
  const request = { method: 'PUT', bucketName: bucket, objectName: name };
  // The client changes the headers that it is given, so each attempt gets its own.
  const headers = () => ({ ...digestOf(body), ...conditionHeaders(condition) });
  const response = await once(() => client.makeRequestAsyncOmit({ ...request, headers: headers() }, body));
  return unquoted(response.headers.etag);
}

/** Joins the parts into the object; with the condition, which the client's own call cannot send. */
async function complete(
  upload: Upload,
  uploadId: string,
  parts: readonly Part[],
  size: number,
): Promise<string> {
  const { client, bucket, name, condition, once } = upload;
  const list = parts.map(
    ({ part, etag }) => `<Part><PartNumber>${part}</PartNumber><ETag>${etag}</ETag></Part>`,
  );
  const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
  const request = {
    method: 'POST',
    bucketName: bucket,
    objectName: name,
    query: `uploadId=${encodeURIComponent(uploadId)}`,
  };
  try {
    return await once(async () => {
      const response = await client.makeRequestAsync(
        { ...request, headers: conditionHeaders(condition) },
        body,
      );
      const text = Buffer.concat(await response.toArray()).toString();
      // The status is sent before the work is done: a failure may come with 200.
      const [, code] = /<Error>[\s\S]*?<Code>([^<]*)<\/Code>/.exec(text) ?? [];
      if (code) throw Object.assign(new Error(text.slice(0, 300)), { code });
      const [, etag] = /<ETag>([^<]*)<\/ETag>/.exec(text) ?? [];
      return unquoted(etag?.replaceAll('&quot;', '"').replaceAll('&#34;', '"'));
    });
  } catch (error) {
    // An earlier attempt was done and only its answer was lost.
    if (codeOf(error) !== 'NoSuchUpload') throw error;
    const found = await upload.again(() => client.statObject(bucket, name));
    if (found.size !== size) throw error;
    return found.etag;
  }
}

async function putParts(upload: Upload, first: Buffer, rest: AsyncIterable<Buffer>) {
  const { client, bucket, name, again } = upload;
  const uploadID = await again(() => client.initiateNewMultipartUpload(bucket, name, {}));
  const parts: Part[] = [];
  let size = 0;
  const send = async (body: Buffer) => {
    if (parts.length === MOST_PARTS)
      throw new StorageError(
        `"${name}" is larger than ${MOST_PARTS} parts of ${upload.partSize} bytes: raise partSize.`,
      );
    const partNumber = parts.length + 1;
    const part = () => ({
      bucketName: bucket,
      objectName: name,
      uploadID,
      partNumber,
      headers: digestOf(body),
    });
    const { etag } = await again(() => client.uploadPart(part(), body));
    parts.push({ part: partNumber, etag });
    size += body.length;
  };
  try {
    await send(first);
    for await (const body of rest) await send(body);
    return { size, etag: await complete(upload, uploadID, parts, size) };
  } catch (error) {
    // What cannot be removed now is removed as a partial write later; the first error is the one to tell.
    await client.abortMultipartUpload(bucket, name, uploadID).catch(() => {});
    throw error;
  }
}

/** Writes a body of unknown length: in one request if it fits into one part, else in parts, one in memory at a time. */
export async function uploadObject(
  upload: Upload,
  body: Readable | Uint8Array,
): Promise<{ size: number; etag: string }> {
  const parts = inParts(chunksOf(body), upload.partSize);
  const { value: first } = (await parts.next()) as { value: Buffer };
  const { value: second, done } = await parts.next();
  if (done) return { size: first.length, etag: await putWhole(upload, first) };
  async function* rest() {
    yield second as Buffer;
    yield* parts;
  }
  return putParts(upload, first, rest());
}
