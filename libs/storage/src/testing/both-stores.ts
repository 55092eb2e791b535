import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectStore } from '../object-store';
import { openObjectStore } from '../open';
import type { S3Options } from '../s3/s3-store';

/** What `tools/s3/s3-server.cjs` exports. */
export interface S3Tool {
  missingS3(): string | null;
  startS3(): Promise<S3Options & { stop(): Promise<void> }>;
}

/** The smallest part that S3 allows, so that a multipart upload is a small one. */
export const PART_SIZE = 5 << 20;

/**
 * Why the tests that need the server are to be skipped, or null. Call it where tests are collected: it may build the
 * server, which takes minutes. Where CI is set nothing is skipped; starting the server then fails with the reason.
 */
export function missingHere(tool: Pick<S3Tool, 'missingS3'>): string | null {
  const missing = tool.missingS3();
  return process.env['CI'] ? null : missing;
}

interface StartedStore {
  /** Opens an empty store, each time another. */
  open: () => ObjectStore;
  options: S3Options;
  stop: () => Promise<void>;
}

interface StoreUnderTest {
  name: string;
  /** Why it cannot be tested here, or null. */
  missing: string | null;
  start(): Promise<StartedStore>;
}

const folder: StoreUnderTest = {
  name: 'folder store',
  missing: null,
  async start() {
    const root = mkdtempSync(join(tmpdir(), 'store-'));
    return {
      open: () => openObjectStore(join(root, randomUUID())),
      options: {},
      stop: async () => rmSync(root, { recursive: true, force: true }),
    };
  },
};

const s3 = (tool: S3Tool): StoreUnderTest => ({
  name: 'S3 store',
  missing: missingHere(tool),
  async start() {
    const { stop, ...server } = await tool.startS3();
    const options = {
      ...server,
      createBucket: true,
      partSize: PART_SIZE,
      retries: { attempts: 5, firstDelayMs: 5 },
    };
    const bucket = `open-chatgpt-test-${randomUUID()}`;
    return { open: () => openObjectStore(`s3://${bucket}/${randomUUID()}`, options), options, stop };
  },
});

/**
 * Runs a suite over both stores, the S3 one against a real server. Where there can be no server the suite is skipped
 * with the reason; where CI is set it fails.
 * @param suite is given what opens an empty store, and what another process needs to open the same one
 */
export function overBothStores(
  tool: S3Tool,
  suite: (open: () => ObjectStore, addressOf: (store: ObjectStore) => string) => void,
): void {
  describe.each([folder, s3(tool)])('$name', ({ missing, start }) => {
    if (missing) return it.skip(`is not tested: ${missing}`, () => undefined);
    let started: StartedStore;
    beforeAll(async () => {
      started = await start();
    }, 60_000);
    afterAll(() => started?.stop());
    suite(
      () => started.open(),
      ({ url }) => JSON.stringify([url, started.options]),
    );
  });
}

export async function keysOf(store: ObjectStore, prefix = ''): Promise<string[]> {
  const keys = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}
