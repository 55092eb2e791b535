import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataOf } from '@open-chatgpt/events';

const words = ['apple', 'river', 'stone', 'cloud', 'tiger', 'bread', 'house', 'green', 'seven', 'night'];

/** Steps of the run, and at which a checkpoint is saved. */
export const STEPS = 12;
export const SAVE_STEPS = 3;

type Request = DataOf<'run.requested'>;

/** A request for an SFT run of a second: a few short rows, a model that begins from random weights. */
export function tinyRequest(folder: string, sft: Record<string, unknown> = {}): Request {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'rows.jsonl');
  const rows = words.flatMap((word, i) =>
    words.slice(0, 3).map((other) => ({
      instruction: `say ${word} not ${other} ${i}`,
      output: word,
      chosen: word,
      rejected: `${other} ${other}`,
    })),
  );
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return {
    runId: 'tiny-sft',
    pipelineId: 'tiny',
    stage: 'sft',
    config: {
      name: 'tiny',
      seed: 7,
      threads: 1,
      model: {
        scratch: {
          hiddenSize: 32,
          intermediateSize: 64,
          numHiddenLayers: 1,
          numAttentionHeads: 2,
          maxPositionEmbeddings: 96,
          vocabSize: 1, // room for no merge: one token for each character
        },
      },
      sft: {
        dataset: { path, adapter: 'alpaca', evalFraction: 0.2 },
        perDeviceTrainBatchSize: 4,
        loggingSteps: 1,
        evalSteps: 0,
        evalSamples: 2,
        maxSteps: STEPS,
        saveSteps: SAVE_STEPS,
        saveTotalLimit: 2,
        learningRate: 0.003,
        maxLength: 64,
        ...sft,
      },
    },
    inputs: { datasets: [] },
  };
}

/** The same of a reward model, or of PPO, from the models that the stages before made. */
export function laterRequest(
  folder: string,
  stage: 'reward' | 'ppo',
  inputs: Pick<Request['inputs'], 'model' | 'rewardModel'>,
): Request {
  const { config, ...sft } = tinyRequest(folder);
  const rows = { path: join(folder, 'rows.jsonl'), evalFraction: 0.2 };
  const reward = {
    dataset: { ...rows, adapter: 'preference' },
    perDeviceTrainBatchSize: 4,
    maxSteps: 6,
    saveSteps: 2,
    learningRate: 0.001,
    maxLength: 64,
  };
  const ppo = {
    prompts: { ...rows, adapter: 'alpaca' },
    iterations: 4,
    rolloutBatchSize: 8,
    localRolloutForwardBatchSize: 8,
    numPpoEpochs: 2,
    responseLength: 8,
    maxPromptLength: 48,
    learningRate: 0.001,
    saveSteps: 1,
    evalSamples: 4,
  };
  return {
    ...sft,
    runId: `tiny-${stage}`,
    stage,
    config: { ...config, reward, ppo },
    inputs: { ...inputs, datasets: [] },
  };
}
