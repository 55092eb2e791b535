import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PipelineConfig, parsePipeline, type StageConfig, stageOf } from '@open-chatgpt/pipeline';
import { openRunFolder } from '@open-chatgpt/runs';
import { tinyPipeline, tinyRows } from '@open-chatgpt/testing';
import { type OnlyStage, runPipeline } from './run-pipeline';

const lora = { r: 2, targetModules: ['q_proj', 'v_proj'] };

describe('a pipeline in which models are taken by several stages', () => {
  let root: string;
  let pipeline: PipelineConfig;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'run-pipeline-'));
    const rows = join(root, 'rows.jsonl');
    writeFileSync(rows, tinyRows());
    const { stages, ...common } = tinyPipeline(rows, {
      sft: { maxSteps: 6 },
      reward: { maxSteps: 4, lora },
      ppo: { iterations: 2, lora },
    });
    const [sft, reward, ppo] = stages;
    const file = {
      ...common,
      stages: [
        sft,
        // Its adapter lies on the model of `sft`, which the next stage must therefore not change.
        reward,
        { ...sft, name: 'again', models: { base: 'stage:sft' }, with: { ...sft.with, lora } },
        { ...ppo, models: { base: 'stage:sft' } },
        { ...sft, name: 'last', models: { base: 'stage:ppo' } },
        { ...sft, name: 'fresh', models: { base: 'stage:again' } },
      ],
    };
    pipeline = parsePipeline(JSON.stringify(file), join(root, 'pipeline.json'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  async function run(folder: string, only?: OnlyStage): Promise<void> {
    const opened = openRunFolder(join(root, folder));
    const resolveModel = async (path: string) => path;
    try {
      await runPipeline({ pipeline, folder: opened, show: () => {}, resume: false, resolveModel, only });
    } finally {
      opened.close();
    }
  }

  const weightsOf = (folder: string, stage: string) =>
    createHash('sha256')
      .update(readFileSync(join(root, folder, 'models', stage, 'model.safetensors')))
      .digest('hex');
  /** The folders of the models that earlier stages made, as a service fetches them from the store. */
  const foldersOf = ({ models }: StageConfig) =>
    Object.fromEntries(
      Object.entries(models).map(([role, reference]) => [
        role,
        join(root, 'whole', 'models', stageOf(reference)!),
      ]),
    );

  it('trains in one process what each stage trains alone, from the exported models of the others', async () => {
    await run('whole');
    for (const stage of pipeline.stages) {
      const folder = `alone-${stage.name}`;
      await run(folder, { stage: stage.name, models: foldersOf(stage) });
      expect([stage.name, weightsOf(folder, stage.name)]).toEqual([
        stage.name,
        weightsOf('whole', stage.name),
      ]);
    }
  }, 120_000);
});
