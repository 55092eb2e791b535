import { encodeSafetensorsHeader, type TensorDescription } from '@open-chatgpt/models';
import { type Arena, joinParts, type ParameterStore, type Parts } from '@open-chatgpt/runtime';
import type { Optimizer } from './optimizer';

/** A safetensors file as processes exchange it: its header, then consecutive arenas. */
export type ArenaFile = Parts;

/**
 * The trained weights of a store as a safetensors file, without a copy. Processes exchange weights in this form: two stores
 * of one model have the same header, so the file of one can be read into the segments of the other.
 */
export function weightsFile(store: ParameterStore): ArenaFile {
  return reading(weightsHeader(store), weightsOf(store));
}

/** The whole state of an optimizer as one safetensors file: weights, both moments and the number of updates. */
export function trainingStateFile(optimizer: Optimizer): ArenaFile {
  return reading(stateHeader(optimizer), stateOf(optimizer));
}

/**
 * Restores the state of an optimizer.
 * @param read fills the parts with the bytes of the file
 * @throws Error when the state belongs to another model
 */
export async function restoreTrainingState(
  optimizer: Optimizer,
  read: (file: ArenaFile) => Promise<void>,
): Promise<void> {
  const expected = stateHeader(optimizer);
  const header = new Uint8Array(expected.length);
  await read(filling(header, stateOf(optimizer)));
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
  read: (file: ArenaFile) => Promise<void>,
): Promise<void> {
  const expected = weightsHeader(store);
  const header = new Uint8Array(expected.length);
  await read(filling(header, weightsOf(store)));
  if (!Buffer.from(header).equals(expected))
    throw new Error('the weights belong to another model: their tensors differ');
}

const weightsHeader = (store: ParameterStore) => encodeSafetensorsHeader(tensorsOf(store, ''));

const weightsOf = (store: ParameterStore): Arena[] => store.groups.map(({ weights }) => weights);

function stateHeader({ store, stepCount }: Optimizer): Uint8Array {
  const tensors = ['', 'first_moment.', 'second_moment.'].flatMap((prefix) => tensorsOf(store, prefix));
  // Fixed width, so that the file has the same size at every step.
  return encodeSafetensorsHeader(tensors, { stepCount: String(stepCount).padStart(16, '0') });
}

function stateOf({ store, adamW: { moments } }: Optimizer): Arena[] {
  return [...weightsOf(store), ...moments.map(({ first }) => first), ...moments.map(({ second }) => second)];
}

const reading = (header: Uint8Array, arenas: readonly Arena[]): ArenaFile =>
  joinParts([header, ...arenas.map(({ contents }) => contents)]);

const filling = (header: Uint8Array, arenas: readonly Arena[]): ArenaFile =>
  joinParts([header, ...arenas.map(({ slots }) => slots)]);

/** In the order of the arenas. */
function tensorsOf(store: ParameterStore, prefix: string): TensorDescription[] {
  return store.groups.flatMap(({ names }) =>
    names.map((name) => ({ name: prefix + name, dtype: 'F32', shape: store.get(name).shape })),
  );
}
