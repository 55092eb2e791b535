import { StorageUnavailableError } from '../errors';
import { codeOf } from './s3-errors';
import { conditionHeaders, type Upload, unquoted } from './upload-request';

/** Metadata of an object: the upload that made it. The etag does not tell, for equal bytes have equal etags. */
const MARK = 'upload-mark';

/** What a completion may be answered with although an earlier request for it was done. */
const ABOUT_AN_EARLIER_ONE = new Set(['NoSuchUpload', 'PreconditionFailed', 'NoSuchKey']);

export interface Part {
  part: number;
  etag: string;
}

export interface OpenUpload {
  uploadID: string;
  mark: string;
  parts: readonly Part[];
}

export const markHeaders = (mark: string): Record<string, string> => ({ [`x-amz-meta-${MARK}`]: mark });

/**
 * Joins the parts into the object; with the condition, which the client's own call cannot send. Where the request had to
 * be sent again, its answer may be about the first one, or about another writer's object: then the mark of the object
 * that is there decides, and nothing else.
 * @returns the object's etag
 * @throws StorageUnavailableError when the upload is gone and the object there is not of this upload
 */
export async function completeUpload(upload: Upload, open: OpenUpload): Promise<string> {
  const { condition, once, name } = upload;
  const conditional = conditionHeaders(condition);
  let sent = 0;
  let refused: unknown;
  try {
    const etag = await once(() => {
      sent += 1;
      return send(upload, open, { ...conditional });
    });
    if (sent === 1 || Object.keys(conditional).length === 0) return etag;
  } catch (error) {
    const code = codeOf(error);
    if (!ABOUT_AN_EARLIER_ONE.has(code) || (sent === 1 && code !== 'NoSuchUpload')) throw error;
    refused = error;
  }
  const found = await lookFor(upload);
  if (found?.mark === open.mark) return found.etag;
  if (refused && codeOf(refused) !== 'NoSuchUpload') throw refused;
  throw new StorageUnavailableError(
    `Writing "${name}": its parts are gone and the object there is another one; read it again and decide whether to write.`,
    { cause: refused },
  );
}

async function send(
  { client, bucket, name }: Upload,
  { uploadID, parts }: OpenUpload,
  headers: Record<string, string>,
): Promise<string> {
  const list = parts.map(
    ({ part, etag }) => `<Part><PartNumber>${part}</PartNumber><ETag>${etag}</ETag></Part>`,
  );
  const query = `uploadId=${encodeURIComponent(uploadID)}`;
  const response = await client.makeRequestAsync(
    { method: 'POST', bucketName: bucket, objectName: name, query, headers },
    `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`,
  );
  const text = Buffer.concat(await response.toArray()).toString();
  // The status is sent before the work is done: a failure may come with 200.
  const [, code] = /<Error>[\s\S]*?<Code>([^<]*)<\/Code>/.exec(text) ?? [];
  if (code) throw Object.assign(new Error(text.slice(0, 300)), { code });
  const [, etag] = /<ETag>([^<]*)<\/ETag>/.exec(text) ?? [];
  return unquoted(etag?.replaceAll('&quot;', '"').replaceAll('&#34;', '"'));
}

async function lookFor({
  client,
  bucket,
  name,
  again,
}: Upload): Promise<{ mark: string; etag: string } | null> {
  try {
    const { metaData, etag } = await again(() => client.statObject(bucket, name));
    return { mark: metaData[MARK], etag };
  } catch (error) {
    if (codeOf(error) === 'NotFound' || codeOf(error) === 'NoSuchKey') return null;
    throw error;
  }
}
