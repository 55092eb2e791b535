import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, openchat, start } from '../testing/openchat';
import { SMALL_QUICKSTART } from '../testing/small-quickstart';

const PIPELINE = join(__dirname, '../../examples/quickstart.yaml');
const STAGES = ['sft', 'reward', 'ppo'];

/** Divides every stage in the same way. */
const onMesh = (mesh: string) => STAGES.flatMap((stage) => ['--set', `${stage}.mesh=${mesh}`]);

interface Line {
  type: string;
  stage: string;
  step: number;
  metrics: { loss?: number; reward?: number };
}

describe('a run on several devices', () => {
  let cwd: string;
  /** Loss or reward of each step, by stage. */
  let alone: Record<string, number[]>;

  const command = (out: string) => [
    ...['run', PIPELINE, '--out', out, '--json', ...SMALL_QUICKSTART],
    ...['--set', 'sft.saveSteps=5', '--set', 'sft.loggingSteps=1'],
  ];
  const steps = (out: string): Record<string, number[]> => {
    const lines = readFileSync(join(cwd, out, 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    const events = lines.map((line) => JSON.parse(line) as Line).filter(({ type }) => type === 'step');
    return Object.fromEntries(
      STAGES.map((stage) => [
        stage,
        events
          .filter((event) => event.stage === stage)
          .map(({ metrics }) => (metrics.loss ?? metrics.reward)!),
      ]),
    );
  };
  const expectSame = (out: string) => {
    for (const stage of STAGES) {
      const found = steps(out)[stage];
      expect([stage, found.length]).toEqual([stage, alone[stage].length]);
      found.forEach((value, i) => {
        expect(Math.abs(value - alone[stage][i])).toBeLessThan(1e-4);
      });
    }
  };

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'devices-'));
    expect(await openchat(command('alone'), { cwd })).toMatchObject({ code: 0, stderr: '' });
    alone = steps('alone');
  }, 120_000);
  afterAll(() => rmSync(cwd, { recursive: true }));

  it.each([
    ['all weights', '{preset: zero3, fsdp: 4}'],
    ['rows and heads', '{data: 2, tensor: 2}'],
  ])(
    'computes what one device computes, with %s divided over four of eight',
    async (what, mesh) => {
      const env = { OPEN_CHATGPT_DEVICE: 'xla:cpu:8' };
      expect(await openchat([...command(what), ...onMesh(mesh)], { cwd, env })).toMatchObject({
        code: 0,
        stderr: '',
      });
      expectSame(what);
    },
    400_000,
  );

  it('goes on after SIGKILL on another mesh, without the offload of the moments', async () => {
    const env = { OPEN_CHATGPT_DEVICE: 'xla:cpu:2' };
    const offload = ['--set', 'sft.offloadOptimizer=cpu'];
    const first = start([...command('moved'), ...onMesh('{tensor: 2}'), ...offload], { cwd, env });
    first.signalAt('"step":8,"totalSteps":20', 'SIGKILL');
    expect((await first.wait).code).toBeNull();
    const second = await openchat([...command('moved'), '--resume'], { cwd });
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expectSame('moved');
  }, 400_000);

  it('refuses a mesh for which there are too few devices, before anything is loaded', async () => {
    const run = await openchat([...command('refused'), ...onMesh('{fsdp: 8}')], { cwd });
    expect(run.code).not.toBe(0);
    expect(run.stdout + run.stderr).toContain(
      'sft.mesh: data 1 × fsdp 8 × tensor 1 needs 8 devices and there are 1; set OPEN_CHATGPT_DEVICE, such as xla:cpu:8, or a smaller mesh',
    );
  });

  it('refuses bf16 where no device computes it', async () => {
    const run = await openchat([...command('bf16'), '--set', 'sft.bf16=true'], { cwd });
    expect(run.code).not.toBe(0);
    expect(run.stdout + run.stderr).toContain(
      'sft.bf16: needs a device of XLA; set OPEN_CHATGPT_DEVICE, such as xla:cpu or cuda, or leave bf16 out',
    );
  });
});
