import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataOf } from '@open-chatgpt/events';
import { tinyPipeline, tinyRows } from '@open-chatgpt/testing';

/** Steps of the run, and at which a checkpoint is saved. */
export const STEPS = 12;
export const SAVE_STEPS = 3;

type Request = DataOf<'run.requested'>;

/** A request for an SFT run of a second: a few short rows, a model that begins from random weights. */
export function tinyRequest(folder: string, changes: Record<string, unknown> = {}): Request {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'rows.jsonl');
  writeFileSync(path, tinyRows());
  return {
    runId: 'tiny-sft',
    pipelineId: 'tiny',
    stage: 'sft',
    algorithm: 'sft',
    config: tinyPipeline(path, {
      sft: { maxSteps: STEPS, saveSteps: SAVE_STEPS, saveTotalLimit: 2, ...changes },
      reward: { maxSteps: 6, saveSteps: 2 },
      ppo: { saveSteps: 1 },
    }),
    inputs: { models: {}, datasets: [] },
  };
}

/** The same of a reward model, or of PPO, from the models that the stages before made. */
export function laterRequest(
  folder: string,
  stage: 'reward' | 'ppo',
  models: Request['inputs']['models'],
): Request {
  const request = tinyRequest(folder);
  return { ...request, runId: `tiny-${stage}`, stage, algorithm: stage, inputs: { models, datasets: [] } };
}
