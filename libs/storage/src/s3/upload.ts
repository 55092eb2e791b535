import { createHash, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { chunksOf, inParts } from '../bytes';
import { StorageError } from '../errors';
import { completeUpload, markHeaders, type Part } from './complete-upload';
import { conditionHeaders, type Upload, unquoted } from './upload-request';

/** S3's own limit. */
const MOST_PARTS = 10_000;

/** The server compares it with what arrives. */
const digestOf = (body: Buffer) => ({ 'content-md5': createHash('md5').update(body).digest('base64') });

async function putWhole({ client, bucket, name, condition, once }: Upload, body: Buffer): Promise<string> {
  const request = { method: 'PUT', bucketName: bucket, objectName: name };
  // The client changes the headers that it is given, so each attempt gets its own.
  const headers = () => ({ ...digestOf(body), ...conditionHeaders(condition) });
  const response = await once(() => client.makeRequestAsyncOmit({ ...request, headers: headers() }, body));
  return unquoted(response.headers.etag);
}

async function putParts(upload: Upload, first: Buffer, rest: AsyncIterable<Buffer>) {
  const { client, bucket, name, again } = upload;
  const mark = randomUUID();
  const uploadID = await again(() => client.initiateNewMultipartUpload(bucket, name, markHeaders(mark)));
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
    return { size, etag: await completeUpload(upload, { uploadID, mark, parts }) };
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
