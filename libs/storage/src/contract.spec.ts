import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openObjectStore } from './open';
import { testStore } from './testing/store-under-test';

testStore('the folder store', async () => {
  const root = mkdtempSync(join(tmpdir(), 'store-'));
  return {
    open: () => openObjectStore(join(root, randomUUID())),
    options: {},
    stop: async () => rmSync(root, { recursive: true, force: true }),
  };
});
