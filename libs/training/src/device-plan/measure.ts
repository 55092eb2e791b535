import {
  type AheadCompiler,
  type ResidentBytes,
  residentBytes,
  type StepAhead,
  type TokenBytes,
} from '@open-chatgpt/models';
import type { StageShape } from './stage-shape';

/** Bytes of a stage on each device. */
export interface DeviceBytes {
  weights: number;
  gradients: number;
  moments: number;
  /** Of the model that takes the most: one model computes at a time. */
  activations: number;
}

export interface Measured {
  bytes: DeviceBytes;
  /** The most that is on a device at a time. */
  total: number;
  /** Bytes of what is offloaded, in the memory of each process. */
  host: ResidentBytes['host'];
  /** The step of each trained model. */
  steps: { scalarHead: boolean; step: StepAhead }[];
}

/** Compiles the step of one model. */
export type StepCompiler = Pick<AheadCompiler, 'step'>;

/** Compiles the step of each trained model of a stage. @throws Error when the mesh does not fit the devices or the model */
export function measure(compiler: StepCompiler, shape: StageShape): Measured {
  const resident = residentOf(shape);
  const steps = trainedOf(shape).map((model) => ({
    scalarHead: model.scalarHead,
    step: compiler.step({ ...optionsOf(shape), ...model }),
  }));
  const { weights, gradients, moments, host } = resident;
  const activations = Math.max(...steps.map(({ step }) => step.activations));
  return {
    bytes: { weights, gradients, moments, activations },
    total: totalBytes(shape, resident, activations),
    host,
    steps,
  };
}

export const residentOf = (shape: StageShape): ResidentBytes =>
  residentBytes(shape.config, shape.models, shape);

/** The most that is on a device at a time: in a pass of training, or of generating answers, which reads all weights of one model. */
export function totalBytes(
  { answers }: StageShape,
  { weights, gradients, moments, answering }: ResidentBytes,
  activations: number,
): number {
  return gradients + moments + Math.max(weights + activations, answers ? answering : 0);
}

/** The least possible seconds of one pass of each trained model. */
export function leastSeconds({ steps }: Measured): number {
  return steps.reduce((sum, { step: { seconds } }) => sum + seconds.products + seconds.collectives, 0);
}

/** Bytes of activations a token, of the model that takes the most: the first with logits over the vocabulary, or a model without. */
export function tokenBytesOf(compiler: AheadCompiler, shape: StageShape): TokenBytes {
  const trained = trainedOf(shape);
  const model = trained.find(({ scalarHead }) => !scalarHead) ?? trained[0];
  return compiler.tokenBytes({ ...optionsOf(shape), ...model });
}

const trainedOf = ({ models }: StageShape) => models.filter(({ trained }) => trained);

function optionsOf({ config, mesh, devices, rows, length, gradientCheckpointing, bf16 }: StageShape) {
  return { config, mesh, devices, bf16, pass: { batch: rows, length, gradientCheckpointing } };
}
