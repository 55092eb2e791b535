import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PipelineConfig, parsePipeline } from '@open-chatgpt/pipeline';
import { openRunFolder, type RunReport } from '@open-chatgpt/runs';
import { tinyPipeline, tinyRows } from '@open-chatgpt/testing';
import { runPipeline } from '../../pipeline/run-pipeline';

describe('a pipeline with DPO', () => {
  let root: string;
  let pipeline: PipelineConfig;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'dpo-stage-'));
    const rows = join(root, 'rows.jsonl');
    writeFileSync(rows, tinyRows());
    const { stages, ...common } = tinyPipeline(rows, { sft: { maxSteps: 8 } });
    const settings = {
      dataset: { path: rows, adapter: 'preference', evalFraction: 0.2 },
      perDeviceTrainBatchSize: 4,
      maxLength: 64,
      learningRate: 0.003,
      maxSteps: 12,
      evalSamples: 2,
    };
    const file = {
      ...common,
      stages: [
        stages[0],
        { uses: 'dpo', with: settings },
        {
          name: 'ipo',
          uses: 'dpo',
          // The distance is measured from the model before the first DPO stage.
          models: { reference: 'stage:sft' },
          with: {
            ...settings,
            lossType: 'ipo',
            precomputeRefLogProbs: true,
            lora: { r: 2, targetModules: ['q_proj'] },
          },
        },
      ],
    };
    pipeline = parsePipeline(JSON.stringify(file), join(root, 'pipeline.json'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  async function run(folder: string, resume = false): Promise<RunReport> {
    const opened = openRunFolder(join(root, folder), { resume });
    const resolveModel = async (path: string) => path;
    try {
      return await runPipeline({ pipeline, folder: opened, show: () => {}, resume, resolveModel });
    } finally {
      opened.close();
    }
  }

  const weightsOf = (folder: string) =>
    ['dpo', 'ipo'].map((stage) => readFileSync(join(root, folder, 'models', stage, 'model.safetensors')));

  it('prefers the chosen answers of held-out pairs, reports it, and goes on from finished stages', async () => {
    const report = await run('run');
    const [dpo, ipo] = report.stages.slice(1);
    const figure = (stage: typeof dpo, metric: string) =>
      stage.figures.find((one: { metric: string }) => one.metric === metric);
    expect(figure(dpo, 'accuracy')).toMatchObject({ before: 0.5, after: 1 });
    expect(figure(dpo, 'margin')).toMatchObject({ before: 0, after: expect.any(Number) });
    // Its reference is not the model that it starts from.
    expect(figure(ipo, 'accuracy')).toMatchObject({ before: 1, after: 1 });
    expect(report.comparison).toMatchObject({ stage: 'ipo', rows: [{}, {}] });
    const weights = weightsOf('run');
    await run('run', true);
    expect(weightsOf('run')).toEqual(weights);
  }, 60_000);
});
