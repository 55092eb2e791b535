import type { TokenBytes } from '@open-chatgpt/models';
import { loraSchema } from '@open-chatgpt/pipeline';
import { type Measured, measure, residentOf, type StepCompiler, totalBytes } from './measure';
import { meshDevices } from './meshes';
import type { StageShape } from './stage-shape';

/** Settings that make a stage fit, and the bytes that each device and the memory of each process then hold. */
export interface Change extends Pick<Measured, 'total' | 'host'> {
  settings: readonly string[];
}

interface Candidate {
  text: string;
  shape: StageShape;
}

/** Compilations that a search may take. */
const MOST_TRIALS = 3;

/**
 * The first change that makes a stage fit: one of them alone, else several together. Those that could fit by the tokens of a
 * device are compiled.
 * @returns null where none was found
 */
export function changeThatFits(
  shape: StageShape,
  { tokenBytes, capacity, compiler }: { tokenBytes: TokenBytes; capacity: number; compiler: StepCompiler },
): Change | null {
  let trials = 0;
  for (const change of combinations(shape)) {
    const last = change[change.length - 1].shape;
    if (estimate(last, shape, tokenBytes) > capacity) continue;
    if (trials++ === MOST_TRIALS) return null;
    const { total, host } = measure(compiler, last);
    if (total <= capacity) return { settings: change.map(({ text }) => text), total, host };
  }
  return null;
}

/** Those come first that leave what is learned the same. */
const CHANGES: readonly ((shape: StageShape) => Candidate | null)[] = [
  (shape) =>
    shape.gradientCheckpointing
      ? null
      : { text: 'gradientCheckpointing: true', shape: { ...shape, gradientCheckpointing: true } },
  (shape) =>
    meshDevices(shape).fsdp === shape.devices && (shape.mesh.preset ?? 'zero3') === 'zero3'
      ? null
      : { text: 'mesh: {preset: zero3}', shape: { ...shape, mesh: { preset: 'zero3' } } },
  (shape) =>
    shape.offloadOptimizer === 'cpu'
      ? null
      : { text: 'offloadOptimizer: cpu', shape: { ...shape, offloadOptimizer: 'cpu' } },
  // Weights come to the devices one block at a time, as gradient checkpointing computes.
  (shape) =>
    shape.offloadParam === 'cpu' || !shape.gradientCheckpointing
      ? null
      : { text: 'offloadParam: cpu', shape: { ...shape, offloadParam: 'cpu' } },
  fewestRows,
  (shape) => {
    if (shape.models.some(({ lora }) => lora)) return null;
    const lora = loraSchema.parse({});
    return {
      text: 'lora: {}',
      shape: { ...shape, models: shape.models.map((model) => ({ ...model, lora })) },
    };
  },
];

/** The fewest rows that the devices divide. */
function fewestRows(shape: StageShape): Candidate | null {
  const { data, fsdp } = meshDevices(shape);
  const step = leastMultiple(data * fsdp, shape.rowsPerExample);
  if (shape.rows <= step) return null;
  return { text: `perDeviceTrainBatchSize: ${step / shape.rowsPerExample}`, shape: { ...shape, rows: step } };
}

const leastMultiple = (parts: number, of: number): number => {
  let rows = parts;
  while (rows % of !== 0) rows += parts;
  return rows;
};

const MOST_DEVICES = 1024;

/** Each change alone, the changes one after another, and these on twice as many GPUs and more. */
function* combinations(shape: StageShape): Generator<Candidate[]> {
  for (const change of CHANGES) {
    const one = change(shape);
    if (one) yield [one];
  }
  yield* together(shape, []);
  for (let devices = 2 * shape.devices; devices <= MOST_DEVICES; devices *= 2) {
    const more = {
      text: `${devices} GPUs`,
      shape: { ...shape, devices, mesh: { preset: 'zero3' as const } },
    };
    yield [more];
    yield* together(more.shape, [more]);
  }
}

function* together(shape: StageShape, before: Candidate[]): Generator<Candidate[]> {
  let list = before;
  let current = shape;
  for (const change of CHANGES) {
    const next = change(current);
    if (!next) continue;
    list = [...list, next];
    current = next.shape;
    if (list.length > 1) yield list;
  }
}

/** Before anything is compiled: weights, gradients and moments by their shardings, activations by the tokens of a device. */
function estimate(shape: StageShape, before: StageShape, tokenBytes: TokenBytes): number {
  const bytes = tokenBytes[shape.gradientCheckpointing ? 'checkpointing' : 'whole'];
  const parts = (one: StageShape) => meshDevices(one).data * meshDevices(one).fsdp;
  const tokens = (shape.rows * shape.length * parts(before)) / parts(shape);
  return totalBytes(shape, residentOf(shape), bytes * tokens);
}
