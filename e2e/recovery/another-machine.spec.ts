import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DataOf } from '@open-chatgpt/events';
import {
  laterRequest,
  type Machine,
  type OutgoingEvent,
  SAVE_STEPS,
  STEPS,
  undisturbedModel,
  World,
} from '@open-chatgpt/worker/testing';
import { compile } from '../testing/openchat';

let undisturbed: string;
let world: World;

beforeAll(async () => {
  compile();
  undisturbed = await undisturbedModel();
}, 300_000);
beforeEach(() => {
  world = new World();
});
afterEach(() => world.remove());

describe('on another machine with an empty folder', () => {
  /** The curve in the report. */
  const curve = (machine: Machine) =>
    readFileSync(join(machine.folder, 'runs', world.request.runId, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ type }) => type === 'step')
      .map(({ step, metrics }) => ({ step, loss: metrics.loss, gradNorm: metrics.gradNorm }));

  it('a stopped run continues from the latest checkpoint to the same bits, with its whole curve', async () => {
    const first = await world.stoppedAt('left', 7);
    const second = world.newMachine('right');
    await second.execute(world.request);
    const { step } = second.only('run.started');
    expect(step).toBeGreaterThan(6);
    expect(first.all('run.checkpointed').at(-1)?.step).toBe(step);
    expect(second.only('model.published').manifest.version).toBe(undisturbed);
    expect(second.only('run.completed')).toMatchObject({ attempt: 2, step: STEPS });
    expect(curve(second).map(({ step: at }) => at)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
    expect(curve(second).slice(0, step)).toEqual(curve(first));
  });

  it('so does a run whose process was killed', async () => {
    const program = join(__dirname, '../testing/worker-process.cjs');
    const child = spawn(
      process.execPath,
      [program, world.storeFolder, join(world.root, 'killed'), JSON.stringify(world.request)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const ended = new Promise((resolve) => child.once('close', (_, signal) => resolve(signal)));
    let stored = 0;
    for await (const line of createInterface(child.stdout)) {
      const event = JSON.parse(line) as OutgoingEvent;
      if (event.type !== 'run.checkpointed') continue;
      stored = event.data.step;
      child.kill('SIGKILL');
    }
    expect(await ended).toBe('SIGKILL');
    expect(stored).toBeGreaterThanOrEqual(SAVE_STEPS);
    const second = world.newMachine('survivor');
    await second.execute(world.request);
    expect(second.only('run.started')).toMatchObject({ attempt: 2 });
    expect(second.only('run.started').step).toBeGreaterThanOrEqual(stored);
    expect(second.only('model.published').manifest.version).toBe(undisturbed);
  });

  it('a run skips a damaged checkpoint for the one before', async () => {
    await world.stoppedAt('damaging', 8);
    const [older, newest] = (await world.record()).checkpoints;
    for await (const { key } of world.store.list(
      `runs/${world.request.runId}/checkpoints/step-${String(newest.step).padStart(8, '0')}/`,
    ))
      if (key.endsWith('.f32')) await world.store.put(key, Buffer.from('damaged'));
    const second = world.newMachine('careful');
    await second.execute(world.request);
    expect(second.only('run.started').step).toBe(older.step);
    expect(second.all('alert.raised')).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/checkpoint of step \d+ in the store is left out: .*sha256/),
      }),
    ]);
    expect(second.only('model.published').manifest.version).toBe(undisturbed);
  });

  it('PPO continues too, with both its models, its ledger and its samples', async () => {
    const { root } = world;
    const made = async (stage: 'sft' | 'reward', request: DataOf<'run.requested'>) => {
      const machine = world.newMachine(stage, stage);
      await machine.execute(request);
      return machine.only('model.published').manifest;
    };
    const model = await made('sft', world.request);
    const rewardModel = await made('reward', laterRequest(root, 'reward', { base: model }));
    const request = laterRequest(root, 'ppo', { base: model, rewardModel });
    const apart = { ...request, runId: 'undisturbed' };
    const whole = world.newMachine('whole', 'ppo');
    await whole.execute(apart);

    const left = await world.stoppedAt('left', 1, request);
    const [{ step }] = left.all('run.progressed').slice(-1);
    expect(step).toBeLessThan(4);
    const second = world.newMachine('right', 'ppo');
    await second.execute(request);
    expect(second.only('run.started')).toMatchObject({ attempt: 2, step });
    expect(second.only('model.published').manifest.version).toBe(
      whole.only('model.published').manifest.version,
    );
    const results = (machine: Machine) => {
      const { ledger, summary } = machine.only('run.completed');
      return { ledger, ...summary, tokensPerSecond: 0 };
    };
    expect(results(second)).toEqual(results(whole));
    expect(results(second).ledger).toMatchObject({ generated: 32 });
  });
});
