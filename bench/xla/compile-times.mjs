import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { round } from '../driver/statistics.mjs';

const SMOLLM2 = { dim: 576, heads: 9, kvHeads: 3, ffn: 1536, vocab: 49152, tied: true };
const LLAMA_1B = { dim: 2048, heads: 32, kvHeads: 8, ffn: 8192, vocab: 128256, tied: true };
const LLAMA_7B = { dim: 4096, heads: 32, kvHeads: 32, ffn: 11008, vocab: 32000, tied: false };

const PASSES = {
  cpu: { batch: 2, length: 256 },
  h200: { batch: 8, length: 512 },
};

/** By depth: the whole model as one program, and its blocks, whose number does not depend on the depth. */
const CASES = [
  ...Object.entries({ 'smollm2-135m': SMOLLM2, 'llama-1b': LLAMA_1B }).flatMap(([model, shape]) =>
    Object.entries(PASSES).flatMap(([target, pass]) => [
      ...[6, 12, 24, 32].map((layers) => ({ model, target, ...pass, shape: { ...shape, layers } })),
      { model, target, ...pass, gradientCheckpointing: true, shape: { ...shape, layers: 32 } },
    ]),
  ),
  ...[true, false].map((gradientCheckpointing) => ({
    model: 'llama-7b',
    target: 'h200',
    devices: 8,
    ...PASSES.h200,
    gradientCheckpointing,
    shape: { ...LLAMA_7B, layers: 32 },
  })),
];

/** Compiles each case in a separate process, because the compiler keeps memory. */
export function measureCompileTimes(here) {
  const rows = CASES.map(({ model, ...options }) => {
    const { stdout, status } = spawnSync(
      process.execPath,
      [join(here, 'ours/compile-time.mjs'), JSON.stringify(options)],
      {
        env: { ...process.env, OPEN_CHATGPT_DEVICE: 'xla:cpu' },
        stdio: ['ignore', 'pipe', 'inherit'],
        encoding: 'utf8',
      },
    );
    if (status !== 0)
      throw new Error(`${model} was not compiled for ${options.target}; the message is above`);
    const { seconds, processorSeconds, peakMb } = JSON.parse(stdout);
    const row = {
      model,
      layers: options.shape.layers,
      target: options.target,
      program: options.gradientCheckpointing ? 'blocks' : 'whole model',
      seconds: round(seconds, 3),
      processorSeconds: round(processorSeconds, 3),
      peakMb,
    };
    console.error(JSON.stringify(row));
    return row;
  });
  writeFileSync(join(here, 'results/xla-compile-times.json'), `${JSON.stringify(rows, null, 2)}\n`);
  console.table(rows);
}
