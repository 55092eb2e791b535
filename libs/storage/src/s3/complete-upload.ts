import { type CompletedPart, CompleteMultipartUploadCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { StorageUnavailableError } from '../errors';
import { codeOf, isNotFound } from './s3-errors';
import { type S3Object, unquoted } from './s3-object';
import type { Upload } from './upload';

/** The metadata field that names the upload that wrote an object. Etags cannot tell uploads of equal bytes apart. */
const MARK = 'upload-mark';

/** Error codes of a completion that may mean that an earlier request for it succeeded. */
const MAYBE_COMPLETED = new Set(['NoSuchUpload', 'PreconditionFailed', 'NoSuchKey']);

export type Part = CompletedPart;

export interface OpenUpload {
  uploadId: string | undefined;
  mark: string;
  parts: readonly Part[];
}

export const markMetadata = (mark: string): Record<string, string> => ({ [MARK]: mark });

/**
 * Joins the parts to the object, with the condition. If the request was sent more than once, its response may be about the
 * first one, or about the object of another writer. Then only the mark of the stored object decides.
 * @returns the etag of the object
 * @throws StorageUnavailableError if the upload is gone and the stored object has another mark
 */
export async function completeUpload(upload: Upload, { uploadId, mark, parts }: OpenUpload): Promise<string> {
  const { client, address, condition, sendFinal } = upload;
  const request = { ...address, ...condition, UploadId: uploadId, MultipartUpload: { Parts: [...parts] } };
  let sent = 0;
  let rejected: unknown;
  try {
    const { ETag } = await sendFinal(() => {
      sent += 1;
      return client.send(new CompleteMultipartUploadCommand(request));
    });
    if (sent === 1 || Object.keys(condition).length === 0) return unquoted(ETag);
  } catch (error) {
    const code = codeOf(error);
    if (!MAYBE_COMPLETED.has(code) || (sent === 1 && code !== 'NoSuchUpload')) throw error;
    rejected = error;
  }
  const stored = await readMark(upload);
  if (stored?.mark === mark) return stored.etag;
  if (rejected && codeOf(rejected) !== 'NoSuchUpload') throw rejected;
  throw new StorageUnavailableError(
    `Writing "${address.Key}": its parts are gone and another object is stored; read it again and decide whether to write.`,
    { cause: rejected },
  );
}

async function readMark({
  client,
  address,
  send,
}: S3Object): Promise<{ mark: string | undefined; etag: string } | null> {
  try {
    const { Metadata, ETag } = await send(() => client.send(new HeadObjectCommand(address)));
    return { mark: Metadata?.[MARK], etag: unquoted(ETag) };
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}
