import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openObjectStore } from '@open-chatgpt/storage';
import { findAbandonedWork } from './abandoned-work';
import { workPrefix } from './run-description';

describe('abandoned work', () => {
  it('is what was exchanged long ago for runs that are over', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'abandoned-'));
    try {
      const store = openObjectStore(folder);
      const left = `${workPrefix('over')}/learner/policy/weights.safetensors`;
      for (const key of [
        left,
        `${workPrefix('going-on')}/learner/run.json`,
        'runs/over/record.json',
        'runs/over/checkpoints/step-1/ppo-work/file',
        'models/over/ppo-work/file',
      ])
        await store.put(key, Buffer.from('bytes'));
      const isOver = (runId: string) => runId === 'over';
      const later = new Date(Date.now() + 60_000);
      expect(await findAbandonedWork(store, isOver, later)).toEqual({ keys: [left], bytes: 5 });
      const young = new Date(Date.now() - 60_000);
      expect(await findAbandonedWork(store, isOver, young)).toEqual({ keys: [], bytes: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
