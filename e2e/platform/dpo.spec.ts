import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '@open-chatgpt/cli';
import { setThreads } from '@open-chatgpt/runtime';
import { tinyPipeline, tinyRows } from '@open-chatgpt/testing';
import { stringify } from 'yaml';
import { startEmbeddedPlatform } from '../testing/embedded-platform';
import { compile, jsonLines, openchat } from '../testing/openchat';
import { weightsOf } from '../testing/train';

describe('DPO and KTO as a service', () => {
  let cwd: string;
  let platform: Platform;

  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await openchat([...args, '--json'], { cwd });
    return { code, stderr, lines: stdout === '' ? [] : jsonLines(stdout) };
  };

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'dpo-'));
    writeFileSync(join(cwd, 'rows.jsonl'), tinyRows());
    const { stages, ...common } = tinyPipeline('rows.jsonl', { sft: { maxSteps: 8 } });
    const dpo = {
      uses: 'dpo',
      with: {
        dataset: { path: 'rows.jsonl', adapter: 'preference', evalFraction: 0.2 },
        perDeviceTrainBatchSize: 4,
        maxLength: 64,
        learningRate: 0.003,
        maxSteps: 6,
      },
    };
    const again = { ...dpo, name: 'again', models: { reference: 'stage:sft' } };
    const kto = { ...dpo, uses: 'kto' };
    writeFileSync(join(cwd, 'dpo.yaml'), stringify({ ...common, stages: [stages[0], dpo, again, kto] }));
    // As the pipeline says: all services share this process.
    setThreads(1);
    platform = await startEmbeddedPlatform(cwd, {
      OPEN_CHATGPT_STORE: join(cwd, 'store'),
      OPEN_CHATGPT_WORK_DIR: join(cwd, 'work'),
    });
  }, 120_000);
  afterAll(async () => {
    await platform?.stop();
    rmSync(cwd, { recursive: true, force: true });
  });

  it('trains what the plain loop trains, to the same bytes, also with the model of another stage as reference', async () => {
    expect(await run('run', 'dpo.yaml', '--out', 'plain')).toMatchObject({ code: 0 });
    const { code, lines } = await run('run', 'dpo.yaml', '--gateway', platform.url);
    expect([code, lines.at(-1)]).toEqual([0, expect.objectContaining({ status: 'completed' })]);
    const { pipelineId } = lines.at(-1) as { pipelineId: string };
    for (const stage of ['dpo', 'again', 'kto']) {
      const trained = weightsOf(join(cwd, 'work/runs', pipelineId), stage);
      expect(trained.equals(weightsOf(join(cwd, 'plain'), stage))).toBe(true);
    }
  }, 120_000);
});
