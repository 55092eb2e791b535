import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkpointPrefix, exchangePrefix, modelPrefix, recordKey } from '@open-chatgpt/runs';
import { openObjectStore } from '@open-chatgpt/storage';
import { findAbandonedWork } from './abandoned-work';

describe('findAbandonedWork', () => {
  it('finds old objects that were exchanged for runs that have ended', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'abandoned-'));
    try {
      const store = openObjectStore(folder);
      const left = `${exchangePrefix('ended')}/learner/policy/weights.safetensors`;
      for (const key of [
        left,
        `${exchangePrefix('running')}/learner/run.json`,
        recordKey('ended'),
        `${checkpointPrefix('ended')}/step-1/exchange/file`,
        `${modelPrefix('ended')}/exchange/file`,
      ])
        await store.put(key, Buffer.from('bytes'));
      const hasEnded = (runId: string) => runId === 'ended';
      const later = new Date(Date.now() + 60_000);
      expect(await findAbandonedWork(store, hasEnded, later)).toEqual({ keys: [left], bytes: 5 });
      const earlier = new Date(Date.now() - 60_000);
      expect(await findAbandonedWork(store, hasEnded, earlier)).toEqual({ keys: [], bytes: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
