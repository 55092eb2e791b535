import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderStore } from './folder/folder-store';
import { collectGarbage } from './published/collect-garbage';
import { storeTime } from './store-time';
import { resetClock, setClock } from './testing/clock';
import { keysOf } from './testing/keys-of';

const HOUR = 3_600_000;

describe('the time of a store', () => {
  let folder: string;
  let store: FolderStore;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'store-time-'));
    store = new FolderStore(folder);
  });
  afterEach(() => {
    resetClock();
    rmSync(folder, { recursive: true });
  });

  it.each([-HOUR, HOUR])('is that of its clock, where this machine is %d ms ahead', async (ahead) => {
    const now = Date.now();
    setClock(now + ahead);
    const time = (await storeTime(store)).getTime();
    expect(Math.abs(time - now)).toBeLessThan(HOUR / 2);
    expect(await keysOf(store)).toEqual([]);
  });

  it('decides what is old: a collector whose clock is ahead removes nothing that is young', async () => {
    const name = `runs/r/step-1/${'0'.repeat(32)}`;
    for (const file of ['files/weights', 'manifest.json'])
      await store.put(`${name}/${file}`, Buffer.from('x'));
    await store.put(`runs/r/step-2/${'1'.repeat(32)}/files/weights`, Buffer.from('x'));
    setClock(Date.now() + 48 * HOUR);
    const rules = { referenced: [], minAgeMs: HOUR, graceMs: HOUR };
    const { kept, hidden, removed } = await collectGarbage(store, ['runs/r'], rules);
    expect([kept, hidden, removed]).toEqual([[`${name}/manifest.json`], [], []]);
  });
});
