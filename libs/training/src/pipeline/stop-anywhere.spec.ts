import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PipelineConfig, parsePipeline } from '@open-chatgpt/pipeline';
import { openRunFolder, type RecordedEvent } from '@open-chatgpt/runs';
import { tinyPipeline, tinyRows } from '@open-chatgpt/testing';
import { TrainingInterrupted } from '../trainer/errors';
import { runPipeline } from './run-pipeline';

const STAGES = ['sft', 'reward', 'dpo', 'ppo', 'grpo'];

/** A signal that is found aborted when it is looked at for the `looks`-th time, and from then on. */
function abortedAtLook(looks: number): { signal: AbortSignal; count: () => number } {
  const { signal } = new AbortController();
  let count = 0;
  Object.defineProperty(signal, 'aborted', { get: () => ++count >= looks });
  return { signal, count: () => count };
}

describe('a run that is stopped wherever it looks at the signal', () => {
  let root: string;
  let pipeline: PipelineConfig;
  let undisturbed: { weights: string[]; events: string[]; looks: number };

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'stop-anywhere-'));
    const rows = join(root, 'rows.jsonl');
    writeFileSync(rows, tinyRows());
    const evaluated = { evalSteps: 2, perDeviceEvalBatchSize: 2 };
    const pairs = { ...evaluated, maxSteps: 4, saveSteps: 3, gradientAccumulationSteps: 2 };
    const lora = { r: 2, targetModules: ['q_proj', 'v_proj'], loraDropout: 0.1 };
    const { stages, ...common } = tinyPipeline(rows, {
      sft: { ...pairs, lora },
      reward: pairs,
      ppo: { iterations: 3, evalSteps: 1, saveSteps: 2, localRolloutForwardBatchSize: 2 },
    });
    const [sft, reward, ppo] = stages;
    const dpo = {
      name: 'dpo',
      uses: 'dpo',
      with: { ...reward.with, precomputeRefLogProbs: true, evalSamples: 2 },
    };
    const grpo = {
      ...ppo,
      name: 'grpo',
      with: { ...ppo.with, advantageEstimator: 'grpo', numGenerations: 2 },
    };
    const file = { ...common, stages: [sft, reward, dpo, ppo, grpo] };
    pipeline = parsePipeline(JSON.stringify(file), join(root, 'pipeline.json'));
    const { signal, count } = abortedAtLook(Number.POSITIVE_INFINITY);
    await run('undisturbed', signal);
    undisturbed = { weights: weightsOf('undisturbed'), events: eventsOf('undisturbed'), looks: count() };
  }, 60_000);
  afterAll(() => rmSync(root, { recursive: true }));

  async function run(folder: string, signal: AbortSignal): Promise<void> {
    const opened = openRunFolder(join(root, folder), { resume: true });
    const resolveModel = async (path: string) => path;
    try {
      await runPipeline({ pipeline, folder: opened, show: () => {}, resume: true, resolveModel, signal });
    } finally {
      opened.close();
    }
  }

  const weightsOf = (folder: string) =>
    STAGES.map((stage) =>
      createHash('sha256')
        .update(readFileSync(join(root, folder, 'models', stage, 'model.safetensors')))
        .digest('hex'),
    );

  /** What the run computed and reported, without checkpoints, the starts of its parts, and time; sorted. */
  function eventsOf(folder: string): string[] {
    const opened = openRunFolder(join(root, folder), { resume: true });
    const events = opened.events();
    opened.close();
    return events
      .filter(({ type }) => !['started', 'checkpointed'].includes(type))
      .map((event) => JSON.stringify(withoutTime(event)))
      .sort();
  }

  it.each([11, 18, 27])(
    'resumes to the same bits, at first after %d looks',
    async (first) => {
      const folder = `first-${first}`;
      const interrupted: TrainingInterrupted[] = [];
      for (let looks = first; ; looks += 2) {
        try {
          await run(folder, abortedAtLook(looks).signal);
          break;
        } catch (error) {
          if (!(error instanceof TrainingInterrupted)) throw error;
          interrupted.push(error);
        }
      }
      expect(interrupted.length).toBeGreaterThan(5);
      expect(weightsOf(folder)).toEqual(undisturbed.weights);
      expect(eventsOf(folder)).toEqual(undisturbed.events);
    },
    120_000,
  );

  it('looks at it often', () => {
    expect(undisturbed.looks).toBeGreaterThan(150);
  });
});

function withoutTime(event: RecordedEvent): object {
  const { time: _, seconds: __, ...rest } = event as RecordedEvent & { seconds?: unknown };
  const metrics = 'metrics' in rest ? (rest.metrics as Record<string, number>) : {};
  const timeless = Object.entries(metrics).filter(([name]) => !/seconds|time|share/i.test(name));
  if ('summary' in rest) {
    const { tokensPerSecond: ___, ...summary } = rest.summary as Record<string, unknown>;
    return { ...rest, summary };
  }
  return 'metrics' in rest ? { ...rest, metrics: Object.fromEntries(timeless) } : rest;
}
