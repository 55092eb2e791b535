import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectStore } from '../../object-store';
import { collectGarbage, publishedPrefixes, unpublish } from '../../published/collect-garbage';
import { currentFolder, makeCurrent } from '../../published/current';
import { fetchFolder } from '../../published/fetch-folder';
import { type FolderReference, manifestKeyOf } from '../../published/manifest';
import { publishFolder } from '../../published/publish-folder';
import { keysOf } from '../keys-of';
import { runStoreProcess } from '../run-store-process';
import type { StoreContract } from './contract';

const HOUR = 3600_000;
/** S3 rounds times down to whole seconds, so a new object may appear to be one second old. */
const PASSED = 1100;
/** A collection first learns the time of the store, for which it writes and deletes an object. */
const TIME_WRITES = 2;

export const collectGarbageContract: StoreContract = (open, addressOf) => {
  let here: string;
  let store: ObjectStore;
  beforeEach(() => {
    here = mkdtempSync(join(tmpdir(), 'garbage-'));
    store = open();
  });
  afterEach(() => rmSync(here, { recursive: true }));

  /** Publishes the checkpoint of a step, which has two files. */
  async function publish(step: number, run = 'r'): Promise<FolderReference> {
    const folder = join(here, `${run}-${step}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'weights'), `weights of ${step}`);
    writeFileSync(join(folder, 'state.json'), `${step}`);
    return publishFolder(store, `runs/${run}/step-${step}`, folder);
  }
  const stepsOf = (manifests: readonly string[]) =>
    manifests.map((key) => Number(/step-(\d+)/.exec(key)?.[1])).sort();
  /** The steps whose manifests, files and marks are in the store. */
  async function present(prefix = 'runs') {
    const keys = await keysOf(store, prefix);
    const steps = (pattern: RegExp) => [
      ...new Set(stepsOf(keys.filter((key) => key.includes('/step-') && pattern.test(key)))),
    ];
    return { manifests: steps(/\/manifest\.json$/), files: steps(/\/files\//), marks: steps(/\/mark$/) };
  }

  it('keeps new folders, whose reference may not be visible yet', async () => {
    for (const step of [1, 2]) await publish(step);
    const rules = { referenced: [], graceMs: HOUR };
    const young = await collectGarbage(store, ['runs/r'], { ...rules, minAgeMs: HOUR });
    expect([stepsOf(young.kept), young.hidden]).toEqual([[1, 2], []]);
    await sleep(PASSED);
    const old = await collectGarbage(store, ['runs/r'], { ...rules, minAgeMs: 10 });
    expect([stepsOf(old.kept), stepsOf(old.hidden)]).toEqual([[2], [1]]);
  });

  it('removes all versions of an unpublished folder, and none of its neighbors', async () => {
    const references = [];
    for (const step of [1, 2]) references.push(await publish(step));
    const other = await publish(1, 'r-2');
    await makeCurrent(store, 'runs/r', { manifest: references[1] });
    expect(await publishedPrefixes(store, 'runs')).toEqual([
      'runs/r-2/step-1',
      'runs/r/step-1',
      'runs/r/step-2',
    ]);
    await unpublish(store, 'runs/r');
    await unpublish(store, 'runs/r');
    expect(await currentFolder(store, 'runs/r')).toBeNull();
    const manifests = [...references, other].map((one) => store.head(manifestKeyOf(store, one)));
    expect(await Promise.all(manifests)).toEqual([null, null, expect.anything()]);
    await sleep(PASSED);
    const { kept, removed } = await collectGarbage(store, ['runs/r', 'runs/r-2'], {
      referenced: [],
      graceMs: 0,
    });
    expect([stepsOf(kept), stepsOf(removed)]).toEqual([[1], [1, 2]]);
  });

  it('keeps the newest and the referenced folders; deletes first manifests, then, after the grace period, files', async () => {
    const references = [];
    for (const step of [1, 2, 3, 4, 5]) references.push(await publish(step));
    const rules = { referenced: [references[1]], keepLatest: 2, graceMs: HOUR };

    const planned = await collectGarbage(store, ['runs/r'], { ...rules, dryRun: true });
    expect(await present()).toMatchObject({ manifests: [1, 2, 3, 4, 5] });
    const first = await collectGarbage(store, ['runs/r'], rules);
    expect(first).toEqual(planned);
    expect(stepsOf(first.kept)).toEqual([2, 4, 5]);
    expect(stepsOf(first.hidden)).toEqual([1, 3]);
    const bytes = 2 * ('weights of 1'.length + 1);
    expect(first).toMatchObject({ removed: [], removedBytes: 0 });
    // The hidden bytes include the manifests.
    expect(first.hiddenBytes).toBeGreaterThan(bytes);
    expect(await present()).toMatchObject({ manifests: [2, 4, 5], files: [1, 2, 3, 4, 5] });

    const waiting = await collectGarbage(store, ['runs/r'], rules);
    expect(waiting).toMatchObject({ hidden: [], removed: [] });

    await sleep(PASSED);
    const second = await collectGarbage(store, ['runs/r'], { ...rules, graceMs: 0 });
    expect(stepsOf(second.removed)).toEqual([1, 3]);
    expect(second.removedBytes).toBe(bytes);
    expect(await present()).toEqual({ manifests: [2, 4, 5], files: [2, 4, 5], marks: [2, 4, 5] });
    for (const kept of [1, 3, 4]) await fetchFolder(store, references[kept], join(here, 'cache'));
  });

  it('keeps the newest folder of each prefix, and touches no other objects', async () => {
    for (const run of ['r', 's', 'rr']) for (const step of [1, 2]) await publish(step, run);
    for (const key of ['runs/r/record.json', 'runs/r/0123/manifest.json', 'runs/r/files/x'])
      await store.put(key, Buffer.from('{}'));
    await collectGarbage(store, ['runs/r', 'runs/s'], { referenced: [], graceMs: 0 });
    expect(await present('runs/r/')).toMatchObject({ manifests: [2] });
    expect(await present('runs/s/')).toMatchObject({ manifests: [2] });
    expect(await present('runs/rr/')).toMatchObject({ manifests: [1, 2] });
    expect(await keysOf(store, 'runs/r/')).toEqual(
      expect.arrayContaining(['runs/r/record.json', 'runs/r/0123/manifest.json', 'runs/r/files/x']),
    );
  });

  it('lets a running reader finish', async () => {
    const [old] = [await publish(1), await publish(2)];
    let collected = false;
    const reading = Object.assign(Object.create(store), {
      async get(key: string, options: object) {
        if (key.includes('/files/') && !collected) {
          collected = true;
          await collectGarbage(store, ['runs/r'], { referenced: [], graceMs: HOUR });
          await collectGarbage(store, ['runs/r'], { referenced: [], graceMs: HOUR });
        }
        return store.get(key, options);
      },
    });
    const fetched = await fetchFolder(reading, old, join(here, 'cache'));
    expect(readFileSync(join(fetched, 'weights'), 'utf8')).toBe('weights of 1');
    expect(collected).toBe(true);
    expect(await present()).toMatchObject({ manifests: [2], files: [1, 2] });
    await expect(fetchFolder(store, old, join(here, 'other'))).rejects.toThrow(/no object/);
  });

  it('removes old incomplete folders, and keeps republished ones', async () => {
    const reference = await publish(1);
    const [manifest] = (await keysOf(store)).filter((key) => key.endsWith('/manifest.json'));
    await store.delete(manifest);
    await collectGarbage(store, ['runs/r'], { referenced: [], graceMs: HOUR });
    expect(await present()).toMatchObject({ files: [1] });
    await sleep(PASSED);
    await publishFolder(store, 'runs/r/step-1', join(here, 'r-1'));
    const report = await collectGarbage(store, ['runs/r'], { referenced: [], graceMs: 0 });
    expect(report).toMatchObject({ kept: [manifest], removed: [] });

    await store.delete(manifest);
    await sleep(PASSED);
    expect(await collectGarbage(store, ['runs/r'], { referenced: [], graceMs: 0 })).toMatchObject({
      removed: [manifest],
    });
    expect(await keysOf(store)).toEqual([]);
    expect(await publishFolder(store, 'runs/r/step-1', join(here, 'r-1'))).toEqual(reference);
    await fetchFolder(store, reference, join(here, 'cache'));
  });

  it('leaves a complete folder when it runs during a publication', async () => {
    const reference = await publish(1);
    const [manifest] = (await keysOf(store)).filter((key) => key.endsWith('/manifest.json'));
    await store.delete(manifest);
    await sleep(PASSED);
    let listed = false;
    const slow = Object.assign(Object.create(store), {
      async delete(key: string) {
        // The collection has listed the folder. Now another call publishes all but the manifest; then the collection continues.
        if (!listed) {
          listed = true;
          await publishing.atManifest;
        }
        return store.delete(key);
      },
    });
    const publishing = pausedBeforeManifest(store);
    const collecting = collectGarbage(slow, ['runs/r'], { referenced: [], graceMs: 0 });
    const published = publishFolder(publishing.store, 'runs/r/step-1', join(here, 'r-1'));
    await collecting;
    publishing.resume();
    expect(await published).toEqual(reference);
    await fetchFolder(store, reference, join(here, 'cache'));
  });

  it('can be killed before any of its writes, and the next call continues', async () => {
    const references = [];
    for (const step of [1, 2, 3]) references.push(await publish(step));
    const rules = { referenced: [references[0].uri], keepLatest: 1, graceMs: 0 };
    const collect = (killAt: number) =>
      runStoreProcess(addressOf(store), ['collect', 'runs/r', JSON.stringify(rules)], {
        env: { KILL_AT_STORE_WRITE: String(TIME_WRITES + killAt) },
      });
    // For step 2, it writes the mark and deletes the manifest; a later call deletes two files and the mark.
    expect((await collect(1)).signal).toBe('SIGKILL');
    expect(await present()).toEqual({ manifests: [1, 2, 3], files: [1, 2, 3], marks: [1, 2, 3] });
    expect((await collect(2)).signal).toBe('SIGKILL');
    expect(await present()).toEqual({ manifests: [1, 2, 3], files: [1, 2, 3], marks: [1, 2, 3] });
    await fetchFolder(store, references[1], join(here, 'cache'));
    await sleep(PASSED);
    expect((await collect(3)).signal).toBeNull();
    expect(await present()).toEqual({ manifests: [1, 3], files: [1, 2, 3], marks: [1, 2, 3] });
    await sleep(PASSED);
    for (const killAt of [1, 2, 2]) {
      expect((await collect(killAt)).signal).toBe('SIGKILL');
      expect(await present()).toMatchObject({ manifests: [1, 3], marks: [1, 2, 3] });
    }
    expect((await collect(9)).code).toBe(0);
    expect(await present()).toEqual({ manifests: [1, 3], files: [1, 3], marks: [1, 3] });
  });

  it.each([
    [{ keepLatest: 0, graceMs: 0 }, /keepLatest must be 1 or more/],
    [{ keepLatest: 1, graceMs: Number.NaN }, /graceMs 0 or more, not 1 and NaN/],
    [{ referenced: [{ uri: 's3://other/x/manifest.json' }], graceMs: 0 }, /not a manifest in the store/],
  ])('rejects the rules %j', async (rules, message) => {
    await publish(1);
    await expect(collectGarbage(store, ['runs'], { referenced: [], ...rules })).rejects.toThrow(message);
    expect(await present()).toMatchObject({ manifests: [1] });
  });
};

/** A store whose writes of manifests wait for `resume`. */
function pausedBeforeManifest(store: ObjectStore) {
  let arrive = () => {};
  let resume = () => {};
  const atManifest = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const allowed = new Promise<void>((resolve) => {
    resume = resolve;
  });
  const paused: ObjectStore = Object.assign(Object.create(store), {
    async put(key: string, body: Buffer, condition?: object) {
      if (key.endsWith('/manifest.json')) {
        arrive();
        await allowed;
      }
      return store.put(key, body, condition);
    },
  });
  return { store: paused, atManifest, resume: () => resume() };
}
