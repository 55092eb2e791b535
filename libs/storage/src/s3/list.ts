import { XMLParser } from 'fast-xml-parser';
import type { Client } from 'minio';

/**
 * Listings by requests of our own. The client's ask for keys in URL encoding and decode whatever comes, and a server
 * that does not know this sends them as they are: "a+b" and "100%" would become others. Ours have no character that
 * XML cannot hold.
 */
export interface Listing {
  client: Client;
  bucket: string;
  /** Of names in the bucket. */
  prefix: string;
  /** Sends a request that may be done twice. */
  again: <T>(request: () => Promise<T>) => Promise<T>;
}

export interface ListedObject {
  name: string;
  size: number;
  etag: string;
  lastModified: Date;
}

export interface PartialUpload {
  name: string;
  uploadId: string;
  initiated: Date;
}

type Fields = Record<string, string>;
type Page = Fields & { Contents?: Fields[]; Upload?: Fields[] };

/** Every value stays the text that it is: "007" and "1e3" are names. */
const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
  isArray: (name) => name === 'Contents' || name === 'Upload',
});

/** As the signature of a request wants it. */
const escaped = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

async function readPage({ client, bucket, again }: Listing, root: string, query: Fields): Promise<Page> {
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${escaped(value)}`);
  const text = await again(async () => {
    const request = { method: 'GET', bucketName: bucket, query: parameters.join('&') };
    return Buffer.concat(await (await client.makeRequestAsync(request)).toArray()).toString();
  });
  const page = parser.parse(text)[root];
  if (page === undefined) throw new Error(`the answer is no ${root}: ${text.slice(0, 200)}`);
  return page === '' ? {} : page;
}

/** All objects, in the order that the server keeps, which is that of the names' bytes. */
export async function* listObjects(listing: Listing): AsyncGenerator<ListedObject> {
  const query = { 'list-type': '2', 'max-keys': '1000', prefix: listing.prefix };
  for (let more: Fields | null = {}; more; ) {
    const page: Page = await readPage(listing, 'ListBucketResult', { ...query, ...more });
    for (const { Key, Size, ETag, LastModified } of page.Contents ?? [])
      yield {
        name: Key,
        size: Number(Size),
        etag: ETag.replaceAll('"', ''),
        lastModified: new Date(LastModified),
      };
    more = page.IsTruncated === 'true' ? { 'continuation-token': page.NextContinuationToken } : null;
  }
}

/** All multipart uploads that were begun and neither completed nor given up. */
export async function* listPartialUploads(listing: Listing): AsyncGenerator<PartialUpload> {
  const query = { uploads: '', 'max-uploads': '1000', prefix: listing.prefix };
  for (let more: Fields | null = {}; more; ) {
    const page: Page = await readPage(listing, 'ListMultipartUploadsResult', { ...query, ...more });
    for (const { Key, UploadId, Initiated } of page.Upload ?? [])
      yield { name: Key, uploadId: UploadId, initiated: new Date(Initiated) };
    more =
      page.IsTruncated === 'true'
        ? { 'key-marker': page.NextKeyMarker, 'upload-id-marker': page.NextUploadIdMarker }
        : null;
  }
}
