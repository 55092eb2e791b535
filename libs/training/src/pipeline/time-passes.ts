import {
  adaptModel,
  allocateBase,
  allocateModel,
  initializeWeights,
  type LoraConfig,
  languageModelLoss,
  type Model,
  type ModelConfig,
} from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { countParameters, machineMemory } from '@open-chatgpt/sizing';
import { sequenceInputs, sftBatch } from '../algorithms/sft/batch';
import { Optimizer, type OptimizerConfig } from '../trainer/optimizer';
import { TrainingPrograms } from '../trainer/programs';

/** A measurement takes about this many floating-point operations, and at least LEAST_TOKENS. */
const FLOPS = 5e10;
const LEAST_TOKENS = 64;
const LEAST_REPEATS = 3;
const LEAST_SECONDS = 0.4;
/** The smallest vocabulary, in place of none. */
const NO_HEAD = 16;
/** Of a weight with its gradient and moments. */
const BYTES = 16;

export interface PassToTime {
  lora: LoraConfig | null;
  /** Without a head over the vocabulary. */
  scalarHead: boolean;
  rows: number;
  /** Tokens of a row. */
  length: number;
  gradientCheckpointing: boolean;
}

export interface PassSeconds {
  /** One forward and backward pass over all rows. */
  pass: number;
  /** One update of the trained weights. */
  update: number;
}

/**
 * Measures on this machine how long the passes of a model take: on models with one and two of its blocks and random weights, over a part
 * of the rows, as the difference of the two is one block. An estimate: attention over longer rows and other programs are left out.
 * @returns null where even two blocks take more than half of the memory of this machine
 */
export async function timePasses(
  config: ModelConfig,
  pass: PassToTime,
  optimizer: OptimizerConfig,
): Promise<PassSeconds | null> {
  const shape = pass.scalarHead ? { ...config, vocabSize: NO_HEAD } : config;
  const parameters = countParameters({ ...shape, numHiddenLayers: 2 });
  if (BYTES * parameters > machineMemory() / 2) return null;
  const tokens = Math.max(LEAST_TOKENS, Math.min(FLOPS / (6 * parameters), pass.rows * pass.length));
  const length = Math.max(1, Math.floor(Math.min(pass.length, tokens)));
  const rows = Math.max(1, Math.min(pass.rows, Math.floor(tokens / length)));
  const [one, two] = [
    await timeShallow({ ...shape, numHiddenLayers: 1 }, { ...pass, rows, length }, optimizer),
    await timeShallow({ ...shape, numHiddenLayers: 2 }, { ...pass, rows, length }, optimizer),
  ];
  const share = (pass.rows * pass.length) / (rows * length);
  const deep = (first: number, second: number) =>
    first + (config.numHiddenLayers - 1) * Math.max(0, second - first);
  return { pass: share * deep(one.pass, two.pass), update: deep(one.update, two.update) };
}

async function timeShallow(
  config: ModelConfig,
  { lora, rows, length, gradientCheckpointing }: PassToTime,
  options: OptimizerConfig,
): Promise<PassSeconds> {
  const model = shallowModel(config, lora);
  const inputIds = Int32Array.from({ length }, (_, i) => i % config.vocabSize);
  const { padded, labels, mask } = sftBatch(
    Array.from({ length: rows }, () => ({ inputIds, labels: inputIds })),
    null,
    length,
  );
  const programs = new TrainingPrograms(model, languageModelLoss, { gradientCheckpointing });
  const program = programs.of({ batch: padded.batchSize, length: padded.length }, false);
  const lossWeights = mask.map((one) => one / (rows * length));
  program.feed({ ...sequenceInputs(padded, false), labels, lossWeights });
  const optimizer = new Optimizer(model.trained, options, 1);
  return { pass: await seconds(() => program.run()), update: await seconds(() => optimizer.update(0)) };
}

function shallowModel(config: ModelConfig, lora: LoraConfig | null): Model {
  const base = lora ? allocateBase(config, false) : null;
  const model = lora && base ? adaptModel(config, base, { ...lora, loraDropout: 0 }) : allocateModel(config);
  initializeWeights(base ?? model.trained, createRng(0), config.numHiddenLayers);
  return model;
}

/** The mean of some executions after a first one, which allocates memory. */
async function seconds(work: () => Promise<unknown>): Promise<number> {
  await work();
  const start = performance.now();
  for (let done = 1; ; done++) {
    await work();
    const elapsed = (performance.now() - start) / 1000;
    if (done >= LEAST_REPEATS && elapsed >= LEAST_SECONDS) return elapsed / done;
  }
}
