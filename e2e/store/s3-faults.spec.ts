import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import {
  ChecksumError,
  ObjectNotFoundError,
  type ObjectStore,
  openObjectStore,
  PreconditionFailedError,
  StorageFullError,
  StorageRefusedError,
  StorageUnavailableError,
} from '@open-chatgpt/storage';
import { bytes, keysOf, PART_SIZE, read, sha256, streamOf, text } from '@open-chatgpt/storage/testing';
import { type S3Server, startS3 } from '@open-chatgpt/tools/s3/s3-server.cjs';
import { type Fault, type FaultyProxy, startFaultyProxy } from '../testing/faulty-proxy';

type StoreOptions = NonNullable<Parameters<typeof openObjectStore>[1]>;

describe('the S3 store with a faulty network', () => {
  let server: S3Server;
  let proxy: FaultyProxy;
  let url: string;
  let store: ObjectStore;
  const openWith = (options: Partial<StoreOptions> = {}) =>
    openObjectStore(url, {
      ...server,
      endpoint: proxy.endpoint,
      partSize: PART_SIZE,
      idleMs: 20_000,
      retries: { attempts: 4, firstDelayMs: 2 },
      ...options,
    });

  beforeAll(async () => {
    server = await startS3();
    proxy = await startFaultyProxy(server.endpoint);
    url = `s3://open-chatgpt-test-${randomUUID()}`;
    await openWith({ createBucket: true }).check();
  }, 60_000);
  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });
  beforeEach(() => {
    url = `${url.split('/').slice(0, 3).join('/')}/${randomUUID()}`;
    store = openWith();
    proxy.fail(/$^/, () => null);
  });

  const times = (count: number, fault: Fault) => (index: number) => (index < count ? fault : null);
  const always = (fault: Fault) => () => fault;
  const small = Buffer.from('content');
  /** A short idle timeout only for stalled connections, because a busy machine is slow too. */
  const openFor = (fault: Fault) => openWith('stall' in fault ? { idleMs: 400 } : {});

  const transient: [string, Fault][] = [
    ['status 500', { status: 500 }],
    ['status 503', { status: 503, code: 'SlowDown' }],
    ['status 429', { status: 429, code: 'TooManyRequests' }],
    ['a connection cut before the request arrives', { cut: 'request' }],
    ['a connection cut before the response arrives', { cut: 'answer' }],
    ['a stalled connection', { stall: 'request' }],
  ];

  it.each(transient)('recovers from %s in every method', async (_, fault) => {
    store = openFor(fault);
    proxy.fail(/./, times(2, fault));
    await store.put('a', small);
    for (const ask of [
      () => text(store, 'a'),
      () => store.head('a'),
      () => keysOf(store),
      () => store.check(),
      () => store.delete('a'),
    ]) {
      proxy.fail(/./, times(2, fault));
      await ask();
      expect(proxy.requests.length).toBeGreaterThan(2);
    }
    expect(await keysOf(store)).toEqual([]);
  });

  it.each(transient)('recovers from %s in each request of a multipart upload', async (_, fault) => {
    store = openFor(fault);
    const content = bytes(PART_SIZE + 1000);
    for (const request of [
      /POST .*\?uploads/,
      /PUT .*partNumber=1/,
      /PUT .*partNumber=2/,
      /POST .*\?uploadId/,
    ]) {
      proxy.fail(request, times(1, fault));
      await store.put('a', streamOf(content));
      expect(proxy.requests.filter((one) => request.test(one)).length).toBeGreaterThan(1);
      expect((await read(store, 'a')).equals(content)).toBe(true);
      await store.delete('a');
    }
  });

  it.each(transient)('fails after all attempts with %s, and names the cause', async (_, fault) => {
    await store.put('a', small);
    store = openFor(fault);
    proxy.fail(/./, always(fault));
    for (const ask of [
      () => store.put('b', small),
      () => store.get('a'),
      () => store.head('a'),
      () => keysOf(store),
    ]) {
      proxy.requests.length = 0;
      const failure = await ask().catch((error) => error);
      expect(failure).toBeInstanceOf(StorageUnavailableError);
      expect(failure.message).toMatch(/ in bucket "open-chatgpt-test-.*" at http:.*all attempts failed/);
      expect(proxy.requests).toHaveLength(4);
    }
  });

  it('does not retry a conditional write whose outcome is unknown', async () => {
    for (const [key, fault] of [
      ['lost-response', { cut: 'answer' }],
      ['error', { status: 500 }],
    ] as const) {
      proxy.fail(/^PUT/, times(1, fault));
      await expect(store.put(key, small, { ifNoneMatch: '*' })).rejects.toThrow(StorageUnavailableError);
      expect(proxy.requests).toHaveLength(1);
    }
    expect(await keysOf(store)).toEqual(['lost-response']);
    await expect(store.put('lost-response', small, { ifNoneMatch: '*' })).rejects.toThrow(
      PreconditionFailedError,
    );
  });

  it('retries a conditional write that the server did not execute', async () => {
    proxy.fail(/^PUT/, times(2, { status: 503, code: 'SlowDown' }));
    await expect(store.put('a', small, { ifNoneMatch: '*' })).resolves.toMatchObject({ size: 7 });
    expect(proxy.requests).toHaveLength(3);
  });

  it('recognizes by its mark a large conditional write that succeeded in spite of the response', async () => {
    const [mine, others] = [bytes(PART_SIZE + 1000, 1), bytes(PART_SIZE + 1000, 2)];
    const done: Fault = { status: 503, code: 'SlowDown', done: true };
    proxy.fail(/POST .*\?uploadId/, times(1, done));
    const written = await store.put('a', mine, { ifNoneMatch: '*' });
    expect(await store.head('a')).toMatchObject(written);
    proxy.fail(/POST .*\?uploadId/, times(1, done));
    await expect(store.put('a', others, { ifNoneMatch: '*' })).rejects.toThrow(PreconditionFailedError);
    proxy.fail(/POST .*\?uploadId/, times(1, done));
    const swapped = await store.put('a', others, { ifMatch: written.etag });
    expect(await store.head('a')).toMatchObject(swapped);
    expect((await read(store, 'a')).equals(others)).toBe(true);
  });

  it.each([
    ['other bytes of the same length', 2],
    ['equal bytes', 1],
  ])(
    'never takes a lost race for a won one: another writer stores %s, and our parts are gone',
    async (_, seed) => {
      const [mine, others] = [bytes(PART_SIZE + 1000, 1), bytes(PART_SIZE + 1000, seed)];
      const direct = openObjectStore(url, { ...server, partSize: PART_SIZE });
      store = openWith({ retries: { attempts: 4, firstDelayMs: 4000 } });
      let overtake: Promise<unknown> | undefined;
      proxy.fail(/POST .*\?uploadId/, (index) => {
        if (index > 0) return null;
        // All of this ends before the completion is sent again.
        overtake = direct
          .removePartialWrites(new Date(Date.now() + 60_000))
          .then(() => direct.put('a', others, { ifNoneMatch: '*' }));
        return { status: 503, code: 'SlowDown' };
      });
      const failure = await store.put('a', mine, { ifNoneMatch: '*' }).catch((error) => error);
      await overtake;
      expect(failure).toBeInstanceOf(StorageUnavailableError);
      expect(failure.message).toMatch(/its parts are gone and another object is stored; read it again/);
      expect((await read(store, 'a')).equals(others)).toBe(true);
    },
  );

  it.each<[string, Fault]>([
    ['is cut', { cut: { afterBytes: 1_000_003 } }],
    ['stalls', { stall: { afterBytes: 1_000_003 } }],
  ])('a read whose response %s continues at the same byte', async (_, fault) => {
    const content = bytes(3_500_000);
    await store.put('a', content);
    store = openFor(fault);
    proxy.fail(/^GET/, times(3, fault));
    const stream = await store.get('a', { sha256: sha256(content) });
    expect((await buffer(stream)).equals(content)).toBe(true);
    expect(proxy.requests.length).toBeGreaterThan(3);
  });

  it('a read never continues in another version', async () => {
    await store.put('a', bytes(3_000_000, 1));
    proxy.fail(/^GET/, times(1, { cut: { afterBytes: 1_000_000 } }));
    const stream = await store.get('a');
    await openObjectStore(url, { ...server, partSize: PART_SIZE }).put('a', bytes(3_000_000, 2));
    const failure = await buffer(stream).catch((error) => error);
    expect(failure).toBeInstanceOf(StorageUnavailableError);
    expect(failure.message).toMatch(/Reading "a" .*the object was replaced during the read; read it again/);
  });

  it('accepts a slow response', async () => {
    const content = bytes(2_000_000);
    await store.put('a', content);
    store = openWith({ idleMs: 3000 });
    proxy.fail(/^GET/, always({ delayMs: 900 }));
    expect((await read(store, 'a')).equals(content)).toBe(true);
    expect(proxy.requests).toHaveLength(1);
  });

  it('the server detects a flipped bit in an upload, and the store one in a download', async () => {
    const content = bytes(100_000);
    proxy.fail(/^PUT/, times(1, { flip: 'request' }));
    await store.put('a', content);
    expect(proxy.requests).toHaveLength(2);
    proxy.fail(/^GET/, always({ flip: 'answer' }));
    await expect(store.get('a', { sha256: sha256(content) }).then(buffer)).rejects.toThrow(ChecksumError);
  });

  it('aborts a failed upload', async () => {
    proxy.fail(/partNumber=2/, always({ status: 500 }));
    await expect(store.put('a', bytes(PART_SIZE + 1))).rejects.toThrow(StorageUnavailableError);
    proxy.fail(/$^/, () => null);
    expect(await store.removePartialWrites(new Date(Date.now() + 60_000))).toBe(0);
    expect(await store.head('a')).toBeNull();
  });

  it.each<[string, Fault, new (...args: never[]) => Error, RegExp]>([
    ['is full', { status: 400, code: 'QuotaExceeded' }, StorageFullError, /store is full.*raise the quota/],
    [
      'denies access',
      { status: 403, code: 'AccessDenied' },
      StorageRefusedError,
      /access denied \(AccessDenied\); check the access key/,
    ],
    [
      'sends an unknown error',
      { status: 418, code: 'Teapot' },
      StorageRefusedError,
      /Writing "a" in bucket .*made to fail/,
    ],
  ])('fails at once when the server %s', async (_, fault, kind, message) => {
    proxy.fail(/./, always(fault));
    const failure = await store.put('a', small).catch((error) => error);
    expect(failure).toBeInstanceOf(kind);
    expect(failure.message).toMatch(message);
    expect(proxy.requests).toHaveLength(1);
  });

  it('distinguishes wrong keys, a missing bucket and a missing server', async () => {
    await expect(openWith({ secretKey: 'wrong' }).put('a', small)).rejects.toThrow(
      /access denied \(SignatureDoesNotMatch\); check the access key, its secret and its policy/,
    );
    const nowhere = openObjectStore('s3://open-chatgpt-test-none', server);
    for (const ask of [nowhere.check(), nowhere.put('a', small)])
      await expect(ask).rejects.toThrow(/does not exist; create the bucket, or allow its creation/);
    await expect(openWith({ endpoint: 'http://127.0.0.1:1' }).check()).rejects.toThrow(
      /at http:\/\/127\.0\.0\.1:1: all attempts failed \(.*ECONNREFUSED/,
    );
  });

  it('a missing key is not a network failure', async () => {
    await expect(store.get('none')).rejects.toThrow(ObjectNotFoundError);
    expect(proxy.requests).toHaveLength(1);
  });
});
