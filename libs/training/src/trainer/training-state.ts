import { encodeSafetensorsHeader, type TensorDescription } from '@open-chatgpt/models';
import type { ParameterStore } from '@open-chatgpt/runtime';
import type { Optimizer } from './optimizer';

/** The bytes of a safetensors file in memory: its header, then consecutive arenas. */
export type ArenaFile = readonly [header: Uint8Array, ...segments: Float32Array[]];

/**
 * The trained weights of a store as a safetensors file, without a copy. Processes exchange weights in this form: two stores
 * of one model have the same header, so the file of one can be read into the segments of the other.
 */
export function weightsFile(store: ParameterStore): ArenaFile {
  const tensors = tensorsOf(store, '');
  return [encodeSafetensorsHeader(tensors), ...segmentsOf(store)];
}

/** The whole state of an optimizer as one safetensors file: weights, both moments and the number of updates. */
export function trainingStateFile({ store, adamW, stepCount }: Optimizer): ArenaFile {
  const tensors = ['', 'first_moment.', 'second_moment.'].flatMap((prefix) => tensorsOf(store, prefix));
  // Fixed width, so that the file has the same size at every step.
  const header = encodeSafetensorsHeader(tensors, { stepCount: String(stepCount).padStart(16, '0') });
  return [
    header,
    ...segmentsOf(store),
    ...adamW.moments.flatMap(({ first }) => first.segments),
    ...adamW.moments.flatMap(({ second }) => second.segments),
  ];
}

/**
 * Restores the state of an optimizer.
 * @param read fills the consecutive segments with the bytes of the file
 * @throws Error when the state belongs to another model
 */
export async function restoreTrainingState(
  optimizer: Optimizer,
  read: (segments: ArenaFile) => Promise<void>,
): Promise<void> {
  const [expected, ...segments] = trainingStateFile(optimizer);
  const header = new Uint8Array(expected.length);
  await read([header, ...segments]);
  const [found, own] = [header, expected].map((bytes) => Buffer.from(bytes).toString('utf8', 8));
  const pattern = /"stepCount":"(\d{16})"/;
  const stepCount = pattern.exec(found)?.[1];
  if (stepCount === undefined || found.replace(pattern, '') !== own.replace(pattern, ''))
    throw new Error('the training state belongs to another model: its tensors differ');
  optimizer.adamW.stepCount = Number(stepCount);
}

/**
 * Replaces the weights of a store by exchanged weights.
 * @throws Error when they belong to another model
 */
export async function restoreWeightsFile(
  store: ParameterStore,
  read: (segments: ArenaFile) => Promise<void>,
): Promise<void> {
  const [expected, ...segments] = weightsFile(store);
  const header = new Uint8Array(expected.length);
  await read([header, ...segments]);
  if (!Buffer.from(header).equals(expected))
    throw new Error('the weights belong to another model: their tensors differ');
}

function segmentsOf(store: ParameterStore): Float32Array[] {
  return store.groups.flatMap(({ weights }) => weights.segments);
}

/** In the order of the arenas. */
function tensorsOf(store: ParameterStore, prefix: string): TensorDescription[] {
  return store.groups.flatMap(({ names }) =>
    names.map((name) => ({ name: prefix + name, dtype: 'F32', shape: store.get(name).shape })),
  );
}
