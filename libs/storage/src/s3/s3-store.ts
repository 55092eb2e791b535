import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { verified } from '../bytes';
import { checkKey, checkPrefix } from '../key';
import { LocalFile } from '../local-file';
import type { ObjectBody, ObjectStore, StoredObject, WriteCondition, WrittenObject } from '../object-store';
import { type RetryOptions, retry } from '../retry';
import { downloadObject } from './download';
import { createS3Client, DEFAULT_REGION, type S3ClientOptions } from './s3-client';
import {
  fromS3Error,
  isNotExecuted,
  isNotFound,
  isTransient,
  missingBucket,
  type Operation,
} from './s3-errors';
import { type S3Object, type Send, unquoted } from './s3-object';
import { uploadObject } from './upload';

export interface S3Options extends S3ClientOptions {
  /** Create the bucket if it does not exist. Default false. */
  createBucket?: boolean;
  /** Bytes of memory for each upload, and of each part of a large object: 5 MiB to 5 GiB, default 16 MiB. */
  partSize?: number;
  retries?: RetryOptions;
}

/** Stores objects in a bucket of any S3 server with conditional writes, below an optional prefix. */
export class S3Store implements ObjectStore {
  readonly url: string;
  private readonly client: S3Client;
  /** The bucket and the endpoint, for messages. */
  private readonly where: string;
  private readonly retries: RetryOptions;
  private readonly root: string;
  private bucketCreated?: Promise<void>;

  constructor(
    private readonly bucket: string,
    prefix: string,
    private readonly options: S3Options,
  ) {
    const { endpoint, region = DEFAULT_REGION, retries = {} } = options;
    this.client = createS3Client(options);
    this.where = `bucket "${bucket}" at ${endpoint ?? `Amazon S3 in ${region}`}`;
    this.retries = retries;
    this.root = prefix && `${prefix}/`;
    this.url = `s3://${bucket}/${this.root}`;
  }

  async put(key: string, body: ObjectBody, options: WriteCondition = {}): Promise<WrittenObject> {
    const object = this.object(key);
    const { ifMatch, ifNoneMatch } = options;
    return this.guard({ doing: `Writing "${key}"`, key, condition: options }, async () => {
      if (this.options.createBucket) await this.ensureBucket();
      const condition = {
        ...(ifMatch !== undefined && { IfMatch: `"${ifMatch}"` }),
        ...(ifNoneMatch !== undefined && { IfNoneMatch: ifNoneMatch }),
      };
      const isConditional = Object.keys(condition).length > 0;
      const written = await uploadObject(
        {
          ...object,
          condition,
          partSize: this.options.partSize ?? 16 << 20,
          sendFinal: isConditional ? (request) => retry(request, isNotExecuted, this.retries) : this.send,
        },
        body instanceof LocalFile ? Readable.from(body.chunks(), { objectMode: false }) : body,
      );
      return { key, ...written };
    });
  }

  async get(key: string, { sha256 }: { sha256?: string } = {}): Promise<Readable> {
    const object = this.object(key);
    const operation = { doing: `Reading "${key}"`, key };
    return this.guard(operation, async () => {
      const stream = await downloadObject(object, (error) => fromS3Error(error, operation, this.where));
      return sha256 ? verified(stream, sha256, key) : stream;
    });
  }

  async head(key: string): Promise<StoredObject | null> {
    const { address } = this.object(key);
    return this.guard({ doing: `Reading the metadata of "${key}"`, key }, async () => {
      try {
        const found = await this.send(() => this.client.send(new HeadObjectCommand(address)));
        return toStoredObject(key, { ...found, Size: found.ContentLength });
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    });
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    const parameters = { Bucket: this.bucket, Prefix: this.root + prefix };
    let page: ListObjectsV2CommandOutput | undefined;
    do {
      const ContinuationToken = page?.NextContinuationToken;
      page = await this.guard({ doing: `Listing "${prefix}"` }, () =>
        this.send(() => this.client.send(new ListObjectsV2Command({ ...parameters, ContinuationToken }))),
      );
      for (const { Key = '', ...found } of page.Contents ?? [])
        yield toStoredObject(Key.slice(this.root.length), found);
    } while (page.IsTruncated);
  }

  async delete(key: string): Promise<void> {
    const { address } = this.object(key);
    await this.guard({ doing: `Deleting "${key}"`, key }, () =>
      this.send(() => this.client.send(new DeleteObjectCommand(address))),
    );
  }

  async check(): Promise<void> {
    await this.guard({ doing: 'Checking the store' }, async () => {
      if (this.options.createBucket) await this.ensureBucket();
      // Not cached, because the bucket may have been deleted since the last check.
      if (!(await this.bucketExists())) throw missingBucket(this.where);
    });
  }

  async removePartialWrites(before: Date): Promise<number> {
    return this.guard({ doing: 'Removing partial uploads' }, async () => {
      let removed = 0;
      for await (const { Key, UploadId, Initiated } of this.partialUploads()) {
        if (!Initiated || Initiated >= before) continue;
        await this.send(() =>
          this.client.send(new AbortMultipartUploadCommand({ Bucket: this.bucket, Key, UploadId })),
        );
        removed++;
      }
      return removed;
    });
  }

  /** All multipart uploads that are neither completed nor aborted. */
  private async *partialUploads() {
    const parameters = { Bucket: this.bucket, Prefix: this.root };
    let page: ListMultipartUploadsCommandOutput | undefined;
    do {
      const markers = { KeyMarker: page?.NextKeyMarker, UploadIdMarker: page?.NextUploadIdMarker };
      page = await this.send(() =>
        this.client.send(new ListMultipartUploadsCommand({ ...parameters, ...markers })),
      );
      yield* page.Uploads ?? [];
    } while (page.IsTruncated);
  }

  private object(key: string): S3Object {
    checkKey(key, Buffer.byteLength(this.root));
    const { client, bucket, retries, send } = this;
    return { client, address: { Bucket: bucket, Key: this.root + key }, retries, send };
  }

  /** Sends an idempotent request, and retries it after transient failures. */
  private readonly send: Send = (request) => retry(request, isTransient, this.retries);

  private ensureBucket(): Promise<void> {
    this.bucketCreated ??= this.createBucket().catch((error) => {
      this.bucketCreated = undefined;
      throw error;
    });
    return this.bucketCreated;
  }

  private async createBucket(): Promise<void> {
    if (await this.bucketExists()) return;
    const { region = DEFAULT_REGION } = this.options;
    // S3 does not accept its default region as a constraint.
    const constraint =
      region === DEFAULT_REGION ? {} : { CreateBucketConfiguration: { LocationConstraint: region as never } };
    try {
      await this.send(() =>
        this.client.send(new CreateBucketCommand({ Bucket: this.bucket, ...constraint })),
      );
    } catch (error) {
      // Another process may have created it at the same time.
      if (!(await this.bucketExists())) throw error;
    }
  }

  private async bucketExists(): Promise<boolean> {
    try {
      await this.send(() => this.client.send(new HeadBucketCommand({ Bucket: this.bucket })));
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  private async guard<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw fromS3Error(error, operation, this.where);
    }
  }
}

function toStoredObject(
  key: string,
  { Size = 0, ETag, LastModified }: { Size?: number; ETag?: string; LastModified?: Date },
): StoredObject {
  return { key, size: Size, etag: unquoted(ETag), lastModified: LastModified ?? new Date(0) };
}
