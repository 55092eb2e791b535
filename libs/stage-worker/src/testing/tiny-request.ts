import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataOf } from '@open-chatgpt/events';

const words = ['apple', 'river', 'stone', 'cloud', 'tiger', 'bread', 'house', 'green', 'seven', 'night'];

/** Steps of the run, and at which a checkpoint is saved. */
export const STEPS = 12;
export const SAVE_STEPS = 3;

/** A request for an SFT run of a second: a few short rows, a model that begins from random weights. */
export function tinyRequest(folder: string, sft: Record<string, unknown> = {}): DataOf<'run.requested'> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'rows.jsonl');
  const rows = words.flatMap((word, i) =>
    words.slice(0, 3).map((other) => ({ instruction: `say ${word} not ${other} ${i}`, output: word })),
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
