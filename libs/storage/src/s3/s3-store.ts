import { Readable } from 'node:stream';
import { Client } from 'minio';
import { verified } from '../bytes';
import { StorageError } from '../errors';
import { checkKey, checkPrefix } from '../key';
import { LocalFile } from '../local-file';
import type { ObjectBody, ObjectStore, StoredObject, WriteCondition, WrittenObject } from '../object-store';
import { type RetryOptions, retry } from '../retry';
import { downloadObject } from './download';
import { type Listing, listObjects, listPartialUploads } from './list';
import { codeOf, fromS3Error, isNotDone, isTransient } from './s3-errors';
import { createAgent, createTransport } from './transport';
import { uploadObject } from './upload';

export interface S3Options {
  /** As `http://minio:9000`; the default is Amazon's own. */
  endpoint?: string;
  accessKey?: string;
  secretKey?: string;
  sessionToken?: string;
  /** Default `us-east-1`. */
  region?: string;
  /** Create the bucket where there is none. Default false. */
  createBucket?: boolean;
  /** Bytes of memory for each upload and of each part of a large object: 5 MiB to 5 GiB, default 16 MiB. */
  partSize?: number;
  /** A connection on which nothing moves for so long is broken. Default 60 s. */
  idleMs?: number;
  retries?: RetryOptions;
}

const AMAZON = 'https://s3.amazonaws.com';

/** Objects in a bucket of any server that speaks S3 with conditional writes, below an optional prefix. */
export class S3Store implements ObjectStore {
  readonly url: string;
  private readonly client: Client;
  private readonly endpoint: string;
  private readonly retries: RetryOptions;
  private readonly below: string;
  private bucketIsThere?: Promise<void>;

  constructor(
    private readonly bucket: string,
    prefix: string,
    private readonly options: S3Options,
  ) {
    const endpoint = new URL(options.endpoint ?? AMAZON);
    const secure = endpoint.protocol === 'https:';
    const { accessKey, secretKey, sessionToken, region = 'us-east-1', partSize = 16 << 20 } = options;
    this.client = new Client({
      endPoint: endpoint.hostname,
      port: endpoint.port ? Number(endpoint.port) : undefined,
      useSSL: secure,
      accessKey,
      secretKey,
      sessionToken,
      region,
      partSize,
      transport: createTransport(secure, options.idleMs ?? 60_000),
      transportAgent: createAgent(secure),
      retryOptions: { disableRetry: true },
    });
    this.endpoint = endpoint.origin;
    this.retries = options.retries ?? {};
    this.below = prefix && `${prefix}/`;
    this.url = `s3://${bucket}/${this.below}`;
  }

  async put(key: string, body: ObjectBody, condition: WriteCondition = {}): Promise<WrittenObject> {
    const name = this.nameOf(key);
    return this.guard({ doing: `Writing "${key}"`, key, condition }, async () => {
      if (this.options.createBucket) await this.ensureBucket();
      const conditional = condition.ifMatch !== undefined || condition.ifNoneMatch !== undefined;
      const written = await uploadObject(
        {
          client: this.client,
          bucket: this.bucket,
          name,
          condition,
          partSize: this.client.partSize,
          again: this.again,
          once: conditional ? (request) => retry(request, isNotDone, this.retries) : this.again,
        },
        body instanceof LocalFile ? Readable.from(body.chunks(), { objectMode: false }) : body,
      );
      return { key, ...written };
    });
  }

  async get(key: string, { sha256 }: { sha256?: string } = {}): Promise<Readable> {
    const name = this.nameOf(key);
    const request = { doing: `Reading "${key}"`, key };
    return this.guard(request, async () => {
      const { client, bucket, retries, again } = this;
      const translate = (error: unknown) => this.translate(error, request);
      const stream = await downloadObject({ client, bucket, name, retries, again, translate });
      return sha256 ? verified(stream, sha256, key) : stream;
    });
  }

  async head(key: string): Promise<StoredObject | null> {
    const name = this.nameOf(key);
    return this.guard({ doing: `Looking for "${key}"`, key }, async () => {
      try {
        const { size, etag, lastModified } = await this.again(() =>
          this.client.statObject(this.bucket, name),
        );
        return { key, size, etag, lastModified };
      } catch (error) {
        if (codeOf(error) === 'NotFound' || codeOf(error) === 'NoSuchKey') return null;
        throw error;
      }
    });
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    const objects = listObjects(this.listing(this.below + prefix));
    for (;;) {
      const { value, done } = await this.guard({ doing: `Listing "${prefix}"` }, () => objects.next());
      if (done) return;
      const { name, ...found } = value;
      yield { key: name.slice(this.below.length), ...found };
    }
  }

  async delete(key: string): Promise<void> {
    const name = this.nameOf(key);
    await this.guard({ doing: `Deleting "${key}"`, key }, () =>
      this.again(() => this.client.removeObject(this.bucket, name)),
    );
  }

  async check(): Promise<void> {
    await this.guard({ doing: 'Checking the store' }, async () => {
      if (this.options.createBucket) await this.ensureBucket();
      // Asked each time: that it was there once says nothing of now.
      if (!(await this.again(() => this.client.bucketExists(this.bucket))))
        throw Object.assign(new Error(), { code: 'NoSuchBucket' });
    });
  }

  async removePartialWrites(before: Date): Promise<number> {
    return this.guard({ doing: 'Removing partial uploads' }, async () => {
      let removed = 0;
      for await (const { name, uploadId, initiated } of listPartialUploads(this.listing(this.below))) {
        if (initiated >= before) continue;
        await this.again(() => this.client.abortMultipartUpload(this.bucket, name, uploadId));
        removed++;
      }
      return removed;
    });
  }

  private listing(prefix: string): Listing {
    return { client: this.client, bucket: this.bucket, prefix, again: this.again };
  }

  private nameOf(key: string): string {
    checkKey(key, Buffer.byteLength(this.below));
    return this.below + key;
  }

  /** Sends a request that may be done twice. */
  private readonly again = <T>(request: () => Promise<T>): Promise<T> =>
    retry(request, isTransient, this.retries);

  private ensureBucket(): Promise<void> {
    this.bucketIsThere ??= this.createBucket().catch((error) => {
      this.bucketIsThere = undefined;
      throw error;
    });
    return this.bucketIsThere;
  }

  private async createBucket(): Promise<void> {
    if (await this.again(() => this.client.bucketExists(this.bucket))) return;
    try {
      await this.again(() => this.client.makeBucket(this.bucket, this.client.region));
    } catch (error) {
      // Another worker that started at the same time was quicker.
      if (!(await this.again(() => this.client.bucketExists(this.bucket)))) throw error;
    }
  }

  private translate(
    error: unknown,
    request: { doing: string; key?: string; condition?: WriteCondition },
  ): Error {
    return fromS3Error(error, { ...request, bucket: this.bucket, endpoint: this.endpoint });
  }

  private async guard<T>(
    request: { doing: string; key?: string; condition?: WriteCondition },
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof StorageError ? error : this.translate(error, request);
    }
  }
}
