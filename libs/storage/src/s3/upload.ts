import { createHash, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { chunksOf, inParts } from '../bytes';
import { StorageError } from '../errors';
import { completeUpload, markMetadata, type Part } from './complete-upload';
import { type S3Object, type Send, unquoted } from './s3-object';

/** The limit of S3. */
const MAX_PARTS = 10_000;

export interface Upload extends S3Object {
  condition: { IfMatch?: string; IfNoneMatch?: string };
  /** Bytes of memory, and of each part. */
  partSize: number;
  /** Sends the request that makes the object visible. With a condition that request is not idempotent. */
  sendFinal: Send;
}

/** The server compares it with the bytes that it receives. */
const digestOf = (body: Uint8Array) => createHash('md5').update(body).digest('base64');

async function putWhole(
  { client, address, condition, sendFinal }: Upload,
  body: Uint8Array,
): Promise<string> {
  const request = { ...address, ...condition, Body: body, ContentMD5: digestOf(body) };
  const { ETag } = await sendFinal(() => client.send(new PutObjectCommand(request)));
  return unquoted(ETag);
}

async function putParts(upload: Upload, first: Buffer, rest: AsyncIterable<Buffer>) {
  const { client, address, send } = upload;
  const mark = randomUUID();
  const { UploadId: uploadId } = await send(() =>
    client.send(new CreateMultipartUploadCommand({ ...address, Metadata: markMetadata(mark) })),
  );
  const parts: Part[] = [];
  let size = 0;
  const sendPart = async (body: Buffer) => {
    if (parts.length === MAX_PARTS)
      throw new StorageError(
        `"${address.Key}" is larger than ${MAX_PARTS} parts of ${upload.partSize} bytes; raise partSize.`,
      );
    const PartNumber = parts.length + 1;
    const request = { ...address, UploadId: uploadId, PartNumber, Body: body, ContentMD5: digestOf(body) };
    const { ETag } = await send(() => client.send(new UploadPartCommand(request)));
    parts.push({ PartNumber, ETag });
    size += body.length;
  };
  try {
    await sendPart(first);
    for await (const body of rest) await sendPart(body);
    return { size, etag: await completeUpload(upload, { uploadId, mark, parts }) };
  } catch (error) {
    // If the abort fails, `removePartialWrites` removes the parts later. The first error is the one to report.
    await client
      .send(new AbortMultipartUploadCommand({ ...address, UploadId: uploadId }))
      .catch(() => undefined);
    throw error;
  }
}

/** Writes a body: in one request if it fits into one part, else in parts, with one in memory at a time. */
export async function uploadObject(
  upload: Upload,
  body: Readable | Uint8Array,
): Promise<{ size: number; etag: string }> {
  if (!(Symbol.asyncIterator in body) && body.length <= upload.partSize)
    return { size: body.length, etag: await putWhole(upload, body) };
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
