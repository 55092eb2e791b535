import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ObjectStore, openObjectStore, readDocument } from '@open-chatgpt/storage';
import { ClaimedRun, RunTakenOver } from './claimed-run';
import type { Completion } from './run-completion';

describe('ClaimedRun', () => {
  let root: string;
  let store: ObjectStore;
  let claims: ClaimedRun[];
  const claim = async (worker: string, watchMs?: number) => {
    const claimed = (await ClaimedRun.claim(store, 'r', worker, 0, watchMs)) as ClaimedRun;
    claims.push(claimed);
    return claimed;
  };
  const manifest = { uri: 'file:///m', sha256: 'a', size: 1, version: 'v' };
  const add = (step: number) => (record: ClaimedRun['record']) => ({
    ...record,
    checkpoints: [...record.checkpoints, { step, attempt: record.attempt, manifest }],
  });

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'claimed-run-'));
    store = openObjectStore(root);
    claims = [];
  });
  afterEach(() => {
    for (const claimed of claims) claimed.release();
    rmSync(root, { recursive: true });
  });

  it('counts the attempts, and hands the checkpoints on', async () => {
    const first = await claim('a');
    await first.commit(add(3));
    const second = await claim('b');
    expect([first.attempt, second.attempt]).toEqual([1, 2]);
    expect(second.record).toMatchObject({ worker: 'b', checkpoints: [{ step: 3, attempt: 1 }] });
  });

  it('lets only the last one write', async () => {
    const first = await claim('a');
    const second = await claim('b');
    await expect(first.commit(add(3))).rejects.toThrow(RunTakenOver);
    await expect(first.check()).rejects.toThrow(/Attempt 1 of the run r stops: attempt 2 has begun at b/);
    expect([first.lost.aborted, second.lost.aborted]).toEqual([true, false]);
    await second.commit(add(6));
    expect(await readDocument(store, 'runs/r/record.json')).toMatchObject({
      attempt: 2,
      checkpoints: [{ step: 6 }],
    });
  });

  it('ten that claim at once have ten attempts, of which one may write', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, (_, i) => claim(`w${i}`)));
    expect(all.map(({ attempt }) => attempt).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const written = await Promise.allSettled(all.map((claimed) => claimed.commit(add(claimed.attempt))));
    expect(written.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readDocument(store, 'runs/r/record.json')).toMatchObject({ checkpoints: [{ step: 10 }] });
  });

  it('notices by itself that it was taken over', async () => {
    const first = await claim('a', 20);
    await claim('b');
    while (!first.lost.aborted) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('a run that is completed cannot be claimed', async () => {
    const model = { modelId: 'r', manifest, lineage: {} };
    const completed = { model, run: { runId: 'r' } } as Completion;
    await (await claim('a')).commit((record) => ({ ...record, completed }));
    expect(await ClaimedRun.claim(store, 'r', 'b', 0)).toEqual({ completed });
    expect(await readDocument(store, 'runs/r/record.json')).toMatchObject({ attempt: 1, worker: 'a' });
  });

  it.each([
    [
      'has lost fields',
      '{"formatVersion":1}',
      /"runs\/r\/record\.json" is not the record of a run: .*attempt/s,
    ],
    ['was deleted', null, /Attempt 1 of the run r stops: its record was deleted/],
  ])('a record that %s is refused', async (_, text, message) => {
    const claimed = await claim('a');
    if (text === null) await store.delete('runs/r/record.json');
    else await store.put('runs/r/record.json', Buffer.from(text));
    await expect(claimed.commit(add(1))).rejects.toThrow(message);
  });
});
