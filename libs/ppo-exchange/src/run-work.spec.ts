import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataref } from '@open-chatgpt/events';
import { parsePipeline } from '@open-chatgpt/pipeline';
import {
  ObjectNotFoundError,
  type ObjectStore,
  openObjectStore,
  StorageUnavailableError,
} from '@open-chatgpt/storage';
import { removeObject } from './dataref';
import { putRunDescription } from './run-description';
import { RunWork } from './run-work';

const FOLDER = 'runs/r1/exchange/learner';
const never = new AbortController().signal;

describe('work on the items of a run', () => {
  let folder: string;
  let store: ObjectStore;
  let run: Dataref;
  let work: RunWork<{ seed: number }>;
  let opened: number;
  const logged: [object, string][] = [];
  const item = { runId: 'r1', itemId: '1-0' };
  const log = (facts: object, message: string) => void logged.push([facts, message]);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'run-work-'));
    store = openObjectStore(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    const ppo = {
      uses: 'ppo',
      models: { rewardModel: '/models/reward' },
      with: { prompts: { path: 'builtin:tasks' } },
    };
    const text = JSON.stringify({ name: 'n', seed: 5, model: { path: '/models/base' }, stages: [ppo] });
    run = await putRunDescription(store, FOLDER, {
      pipeline: parsePipeline(text, 'test'),
      stage: 'ppo',
      models: {},
      padTokenId: null,
    });
    [opened, logged.length] = [0, 0];
    const open = async ({ pipeline }: { pipeline: { seed: number } }) => {
      opened++;
      return { seed: pipeline.seed };
    };
    work = new RunWork({ store, logger: { info: log, warn: log }, open });
  });
  afterEach(() => work.close());

  it('opens the run that an item names, once', async () => {
    const seen: number[] = [];
    for (let i = 0; i < 3; i++)
      await work.carryOut(item, run, async ({ seed }) => void seen.push(seed), never);
    expect([seen, opened, logged]).toEqual([[5, 5, 5], 1, []]);
  });

  it('waits while the store is away, and says so once', async () => {
    let tries = 0;
    const away = async () => {
      if (++tries < 3) throw new StorageUnavailableError('the store is away');
    };
    await work.carryOut(item, run, away, never);
    expect(tries).toBe(3);
    expect(logged).toEqual([
      [{ ...item, message: 'the store is away' }, 'The store is away; waiting for it'],
    ]);
  });

  const missing = (key: string) => async () => {
    throw new ObjectNotFoundError(key);
  };

  it('leaves what the learner has removed', async () => {
    const key = 'runs/r1/exchange/policy/a.safetensors';
    await work.carryOut(item, run, missing(key), never);
    expect(logged).toEqual([[{ ...item, missing: key }, 'Nobody waits for this any more']]);
    work.close();
    await removeObject(store, run);
    await work.carryOut(item, run, async () => undefined, never);
    expect(logged).toHaveLength(2);
  });

  it.each([
    ['of another run', missing('runs/r2/exchange/policy/a.safetensors')],
    ['that is no work of a learner', missing('models/r1/manifest.json')],
    ['that the error only sounds like', () => Promise.reject(new Error('runs/r1/exchange/x'))],
  ])('fails for want of something %s', async (_, fails) => {
    await expect(work.carryOut(item, run, fails, never)).rejects.toThrow();
    expect(logged).toEqual([]);
  });
});
