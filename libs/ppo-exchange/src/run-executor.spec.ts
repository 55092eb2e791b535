import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataref } from '@open-chatgpt/events';
import { PermanentError } from '@open-chatgpt/messaging';
import { parsePipeline } from '@open-chatgpt/pipeline';
import {
  Attempt,
  ObjectNotFoundError,
  type ObjectStore,
  openObjectStore,
  readDocument,
  StorageUnavailableError,
} from '@open-chatgpt/storage';
import { removeObject } from './exchanged-objects';
import { putRunDescription } from './run-description';
import { RunExecutor } from './run-executor';

const FOLDER = 'runs/r1/exchange/learner';
const never = new AbortController().signal;

describe('an executor of runs', () => {
  let folder: string;
  let store: ObjectStore;
  let run: Dataref;
  let executor: RunExecutor<{ seed: number }>;
  let opened: number;
  /** How many times opening a run fails. */
  let failures: number;
  const logged: [object, string][] = [];
  const item = { runId: 'r1', itemId: '1-0' };
  const log = (facts: object, message: string) => void logged.push([facts, message]);

  const describeRun = (seed: number): Promise<Dataref> => {
    const ppo = {
      uses: 'ppo',
      models: { rewardModel: '/models/reward' },
      with: { prompts: { path: 'builtin:tasks' } },
    };
    const text = JSON.stringify({ name: 'n', seed, model: { path: '/models/base' }, stages: [ppo] });
    return putRunDescription(store, FOLDER, {
      pipeline: parsePipeline(text, 'test'),
      stage: 'ppo',
      models: {},
      padTokenId: null,
    });
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'run-work-'));
    store = openObjectStore(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    run = await describeRun(5);
    [opened, failures, logged.length] = [0, 0, 0];
    const open = async ({ pipeline }: { pipeline: { seed: number } }) => {
      opened++;
      if (failures-- > 0) throw new Error('there is no memory');
      return { seed: pipeline.seed };
    };
    executor = new RunExecutor({ kind: 'test', store, logger: { info: log, warn: log }, open });
  });
  afterEach(() => executor.close());

  it('opens the run of an item once', async () => {
    const seen: number[] = [];
    for (let i = 0; i < 3; i++)
      await executor.execute(item, run, async ({ seed }) => void seen.push(seed), never);
    expect([seen, opened, logged]).toEqual([[5, 5, 5], 1, []]);
  });

  it('gives an item up that ended two processes, as a dead letter', async () => {
    const deadly = { runId: 'r1', itemId: 'deadly' };
    const key = 'runs/r1/exchange/attempts/test-deadly.json';
    for (const process of ['first', 'second']) await Attempt.begin(store, key, process);
    const given = executor.execute(deadly, run, async () => undefined, never);
    await expect(given).rejects.toThrow(PermanentError);
    await expect(given).rejects.toThrow(/^2 processes ended while they worked on this/);
    expect(opened).toBe(0);
  });

  it('forgets the attempts at an item that was executed', async () => {
    const key = 'runs/r1/exchange/attempts/test-1-0.json';
    await Attempt.begin(store, key, 'first');
    await executor.execute(item, run, async () => undefined, never);
    expect(await readDocument(store, key)).toBeNull();
  });

  it('keeps the last two runs, and opens an earlier one again', async () => {
    const runs = await Promise.all([1, 2, 3].map(describeRun));
    const seen: number[] = [];
    const execute = (reference: Dataref) =>
      executor.execute(item, reference, async ({ seed }) => void seen.push(seed), never);
    for (const number of [0, 1, 0, 2, 0, 1]) await execute(runs[number]);
    expect(seen).toEqual([1, 2, 1, 3, 1, 2]);
    expect(opened).toBe(4);
  });

  it('opens a run once for items that come together, also when other runs evict it meanwhile', async () => {
    const runs = await Promise.all([1, 2, 3].map(describeRun));
    const seen: number[] = [];
    const items = [...runs, ...runs].map((reference) =>
      executor.execute(item, reference, async ({ seed }) => void seen.push(seed), never),
    );
    await Promise.all(items);
    expect(seen.sort()).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('opens a run again when that failed', async () => {
    failures = 1;
    const work = async () => undefined;
    await expect(executor.execute(item, run, work, never)).rejects.toThrow('there is no memory');
    await executor.execute(item, run, work, never);
    expect(opened).toBe(2);
  });

  it('waits while the store is unavailable, and logs it once', async () => {
    let tries = 0;
    const away = async () => {
      if (++tries < 3) throw new StorageUnavailableError('the store is unavailable');
    };
    await executor.execute(item, run, away, never);
    expect(tries).toBe(3);
    expect(logged).toEqual([[{ ...item, message: 'the store is unavailable' }, 'Waiting for the store']]);
  });

  const missing = (key: string) => async () => {
    throw new ObjectNotFoundError(key);
  };

  it('skips work whose inputs the learner has removed', async () => {
    const key = 'runs/r1/exchange/policy/a.safetensors';
    await executor.execute(item, run, missing(key), never);
    expect(logged).toEqual([
      [{ ...item, missing: key }, 'Skipped obsolete work: the learner has removed its inputs'],
    ]);
    executor.close();
    await removeObject(store, run);
    await executor.execute(item, run, async () => undefined, never);
    expect(logged).toHaveLength(2);
  });

  it.each([
    ['of another run', missing('runs/r2/exchange/policy/a.safetensors')],
    ['that is not exchanged', missing('models/r1/manifest.json')],
    ['that the message only mentions', () => Promise.reject(new Error('runs/r1/exchange/x'))],
  ])('fails if an object %s is missing', async (_, fails) => {
    await expect(executor.execute(item, run, fails, never)).rejects.toThrow();
    expect(logged).toEqual([]);
  });
});
