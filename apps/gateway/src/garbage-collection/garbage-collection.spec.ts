import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataref } from '@open-chatgpt/events';
import { EventPublisher } from '@open-chatgpt/messaging';
import type { RunningService } from '@open-chatgpt/service';
import { makeCurrent, manifestKeyOf, openObjectStore } from '@open-chatgpt/storage';
import { callGateway } from '../testing/call-gateway';
import { publishFiles } from '../testing/publish-files';
import { startGateway, until } from '../testing/start-gateway';
import { garbageCollectionReport } from './garbage-collection';

const GRACE_SECONDS = 3600;

describe('garbage collection of a platform', () => {
  let folder: string;
  let gateway: RunningService;
  const store = () => openObjectStore(join(folder, 'store'));
  const ask = (path: string, body?: object) => callGateway(gateway.url, body ? 'POST' : 'GET', path, body);
  const collect = async (rules: object = {}) =>
    garbageCollectionReport.parse(
      (await ask('/v1/garbage-collection', { graceSeconds: GRACE_SECONDS, ...rules })).body,
    );

  const publish = (prefix: string): Promise<Dataref> => publishFiles(store(), prefix, ['weights']);
  /** Sets the time of every object in the store to before the grace. */
  const age = () => {
    for (const entry of readdirSync(join(folder, 'store'), { recursive: true, withFileTypes: true }))
      if (entry.isFile()) {
        const path = join(entry.parentPath, entry.name);
        const before = statSync(path).mtimeMs / 1000 - 2 * GRACE_SECONDS;
        utimesSync(path, before, before);
      }
  };
  const inOrder = async (prefixes: string[]) => {
    const references: Dataref[] = [];
    for (const prefix of prefixes) references.push(await publish(prefix));
    return references;
  };
  const steps = (runId: string) =>
    [1, 2, 3, 4].map((step) => `runs/${runId}/checkpoints/step-0000000${step}`);
  const write = (key: string, document: object) => store().put(key, Buffer.from(JSON.stringify(document)));
  const checkpointsOf = async (runId: string, query = '') =>
    ((await ask(`/v1/checkpoints?runId=${runId}${query}`)).body.items as { step: number }[])
      .map(({ step }) => step)
      .sort();

  const isPublished = async (one: Dataref) => (await store().head(manifestKeyOf(store(), one))) !== null;

  let running: Dataref[];
  let done: Dataref[];
  let [mine, lost]: Dataref[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'garbage-'));
    gateway = await startGateway(folder);
    const record = { formatVersion: 1, attempt: 1, worker: 'w' };
    running = await inOrder(steps('hand-sft'));
    const checkpoint = (step: number) => ({ step, attempt: 1, manifest: running[step - 1] });
    await write('runs/hand-sft/record.json', { ...record, checkpoints: [checkpoint(2), checkpoint(3)] });
    done = await inOrder(steps('done-sft'));
    [lost, mine] = await inOrder(['models/done-sft', 'models/done-sft']);
    const model = { manifest: mine, lineage: { checkpoint: done[1], datasets: [] } };
    await write('runs/done-sft/record.json', {
      ...record,
      checkpoints: done.map((manifest, i) => ({ step: i + 1, attempt: 1, manifest })),
      completed: { model, run: {} },
    });
    await makeCurrent(store(), 'models/done-sft', { manifest: mine });
    for (const [runId, references] of [
      ['hand-sft', running],
      ['done-sft', done],
    ] as const)
      for (const [i, checkpoint] of references.entries())
        await gateway.app.get(EventPublisher).publish('run.checkpointed', {
          runId,
          stage: 'sft',
          algorithm: 'sft',
          attempt: 1,
          step: i + 1,
          checkpoint,
        });
    await until(
      () => checkpointsOf('done-sft'),
      (found) => found.length === 4,
    );
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  it('keeps young folders', async () => {
    expect(await collect()).toMatchObject({ kept: 10, hidden: { folders: 0 }, removed: { folders: 0 } });
    expect(await ask('/v1/garbage-collection', { graceSeconds: 60 })).toMatchObject({ status: 400 });
  });

  it('hides unreferenced folders of a running run, of a completed run, and of a worker that lost its run', async () => {
    age();
    const planned = await collect({ dryRun: true });
    expect(await isPublished(lost)).toBe(true);
    const report = await collect();
    expect(report).toEqual({ ...planned, dryRun: false });
    const hidden = [running[0], done[0], done[2], lost];
    expect(report.hidden.keys.sort()).toEqual(hidden.map((one) => manifestKeyOf(store(), one)).sort());
    expect(report).toMatchObject({ removed: { folders: 0 } });
    const kept = [running[1], running[2], running[3], done[1], done[3], mine];
    expect(await Promise.all(kept.map((one) => isPublished(one)))).toEqual(kept.map(() => true));
    expect(report.hidden.bytes).toBeGreaterThan(0);
  });

  it('marks the checkpoints that are gone, which lists leave out by default', async () => {
    expect(await checkpointsOf('hand-sft')).toEqual([2, 3, 4]);
    expect(await checkpointsOf('done-sft')).toEqual([2, 4]);
    expect(await checkpointsOf('done-sft', '&gone=true')).toEqual([1, 2, 3, 4]);
    expect((await ask('/v1/checkpoints/done-sft.step-1')).body).toMatchObject({ gone: true });
    expect(await collect()).toMatchObject({ checkpointsGone: 0 });
  });

  it('removes the files after the grace', async () => {
    age();
    const report = await collect();
    expect(report.abandonedWork).toEqual({ objects: 0, bytes: 0 });
    expect(report.hidden.folders).toBe(0);
    expect(report.removed.folders).toBeGreaterThanOrEqual(3);
    expect(report.removed.bytes).toBeGreaterThan(0);
    const left = [];
    for await (const { key } of store().list('runs/done-sft/checkpoints/')) left.push(key);
    expect(left.some((key) => key.includes('step-00000001'))).toBe(false);
    expect(left.some((key) => key.includes('step-00000002'))).toBe(true);
  });

  it('removes old objects that were exchanged for a run that has ended', async () => {
    const work = (runId: string) => `runs/${runId}/exchange/learner/policy/weights.safetensors`;
    const stage = { stage: 'ppo', algorithm: 'ppo' as const };
    const events = gateway.app.get(EventPublisher);
    const start = { ...stage, attempt: 1, step: 0, totalSteps: 9, worker: 'w', info: {} };
    for (const runId of ['ended-ppo', 'hand-ppo']) {
      await events.publish('run.started', { runId, ...start });
      await store().put(work(runId), Buffer.alloc(7));
    }
    await events.publish('run.cancelled', {
      runId: 'ended-ppo',
      ...stage,
      attempt: 1,
      step: 3,
    });
    await until(
      async () => (await ask('/v1/runs/ended-ppo')).body.status,
      (status) => status === 'cancelled',
    );
    expect(await collect()).toMatchObject({ abandonedWork: { objects: 0 } });
    age();
    expect(await collect({ dryRun: true })).toMatchObject({ abandonedWork: { objects: 1, bytes: 7 } });
    expect(await collect()).toMatchObject({ abandonedWork: { objects: 1, bytes: 7 } });
    expect(await store().head(work('ended-ppo'))).toBeNull();
    expect(await store().head(work('hand-ppo'))).not.toBeNull();
  });

  it('stops when documents refer to another store', async () => {
    await publish('models/other');
    age();
    const elsewhere = {
      uri: 's3://elsewhere/models/m/manifest.json',
      sha256: 'a'.repeat(64),
      size: 1,
      version: '1',
    };
    await makeCurrent(store(), 'models/other', { manifest: elsewhere });
    expect(await ask('/v1/garbage-collection', { graceSeconds: GRACE_SECONDS })).toMatchObject({
      status: 409,
      body: { detail: expect.stringMatching(/stopped: s3:\/\/elsewhere.*configure the store/) },
    });
  });
});
