import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { openObjectStore } from '@open-chatgpt/storage';
import { tinyPipeline, tinyRows } from '@open-chatgpt/testing';
import { type EndedRun, type OneRunProcess, startOneRun } from '../testing/one-run-process';
import { compile } from '../testing/openchat';

const PROGRAM = join(__dirname, '..', 'testing', 'ranked-trainer.cjs');
const CHECKPOINTED = 'A checkpoint is stored';
const STARTED = 'The run is claimed and starts';

/** A port with a free one after it. */
async function freePorts(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a run of two ranks, each a process', () => {
  let cwd: string;
  let port: number;
  const token = 'a secret of this spec';

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'ranks-'));
    writeFileSync(join(cwd, 'rows.jsonl'), tinyRows());
    port = await freePorts();
  }, 300_000);
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  const start = (rank: number, runId: string, settings: Record<string, unknown>): OneRunProcess => {
    const folder = join(cwd, `rank-${rank}`);
    const config = tinyPipeline(join(cwd, 'rows.jsonl'), { sft: settings });
    const inputs = { models: {}, datasets: [] };
    const request = { runId, pipelineId: runId, stage: 'sft', algorithm: 'sft', config, inputs };
    const group = { rank, size: 2, host: '127.0.0.1', port, token };
    return startOneRun(PROGRAM, folder, request, {
      OPEN_CHATGPT_STORE: join(cwd, 'store'),
      OPEN_CHATGPT_WORK_DIR: folder,
      RANKED_TRAINER_GROUP: JSON.stringify(group),
    });
  };
  const both = (runId: string, settings: Record<string, unknown>) =>
    [0, 1].map((rank) => start(rank, runId, settings));
  const ends = (ranks: readonly OneRunProcess[]): Promise<EndedRun[]> =>
    Promise.all(ranks.map(({ ended }) => ended));
  const lines = ({ log }: EndedRun, text: string) => log.split('\n').filter((line) => line.includes(text));
  /** What a rank keeps of a run in its own folder. */
  const kept = (rank: number, runId: string, ...path: string[]) =>
    join(cwd, `rank-${rank}`, 'ranks', runId, String(rank), ...path);
  const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  const stepsOf = (rank: number, runId: string): string[] =>
    readdirSync(kept(rank, runId, 'checkpoints', 'sft')).sort();

  it('stops after the same step on both, goes on from there, and ends with the same weights', async () => {
    const settings = { maxSteps: 200, saveSteps: 20, loggingSteps: 5, saveTotalLimit: 2 };
    const first = both('whole', settings);
    await first[0].logged(CHECKPOINTED);
    first[0].kill('SIGTERM');
    const stopped = await ends(first);
    const { step } = stopped[0].message!;
    expect(stopped.map(({ code }) => code)).toEqual([143, 143]);
    expect(stopped[0].message).toMatchObject({
      attempt: 1,
      outcome: 'interrupted',
      step: expect.any(Number),
    });
    expect(stopped[1].message).toEqual(stopped[0].message);
    expect(stepsOf(1, 'whole')).toEqual(stepsOf(0, 'whole'));

    // What only one rank has is not where the run begins.
    const stale = kept(1, 'whole', 'checkpoints', 'sft', 'stale');
    writeFileSync(stale, '');
    const ended = await ends(both('whole', settings));
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    const { model, ...message } = ended[0].message!;
    expect(message).toMatchObject({ attempt: 2, outcome: 'completed', step: 200 });
    expect(ended[1].message).toEqual(message);
    expect(JSON.parse(lines(ended[0], STARTED)[0])).toMatchObject({ step, attempt: 2 });
    expect(existsSync(stale)).toBe(false);
    // One claims the run, stores and publishes.
    for (const text of [STARTED, CHECKPOINTED, 'The model is published', 'The run is completed']) {
      expect(lines(ended[0], text).length).toBeGreaterThan(0);
      expect(lines(ended[1], text)).toEqual([]);
    }
    const store = openObjectStore(join(cwd, 'store'));
    const record = JSON.parse(String(await buffer(await store.get('runs/whole/record.json'))));
    expect(record).toMatchObject({ attempt: 2, completed: { run: { model } } });
    const weights = [0, 1].map((rank) => sha256(kept(rank, 'whole', 'models', 'sft', 'model.safetensors')));
    expect(weights[1]).toBe(weights[0]);
  }, 120_000);

  it('ends on both when rank 0 is killed', async () => {
    const ranks = both('killed', { maxSteps: 1_000_000, saveSteps: 20, loggingSteps: 5 });
    await ranks[0].logged(CHECKPOINTED);
    ranks[0].kill('SIGKILL');
    const { code, message } = await ranks[1].ended;
    expect(code).toBe(75);
    expect(message?.error?.message).toContain('rank 0 has ended');
  }, 60_000);
});
