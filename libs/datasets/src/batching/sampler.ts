import { epochOrder } from './epoch-order';

export interface SamplerOptions {
  /** Number of examples. */
  size: number;
  seed: number;
  batchSize: number;
  /** The length of each example: a batch then holds examples of about the same length. */
  groupByLength?: ArrayLike<number>;
  /**
   * What the last batch of an epoch does when the size is no multiple of the batch: be `short` (the default), or be
   * `full` with the next epoch's first examples, so that every batch has one shape.
   */
  lastBatch?: 'short' | 'full';
}

/** The position of a sampler, as JSON. */
export interface SamplerState {
  seed: number;
  size: number;
  epoch: number;
  /** Examples of this epoch that have been returned. */
  position: number;
}

export interface Batch {
  /** Epoch of the batch's first example, from 0. */
  epoch: number;
  indices: number[];
}

export interface Sampler {
  next(): Batch;
  state(): SamplerState;
  /** Continues at a saved state. Throws when the state belongs to other data or another seed. */
  restore(state: SamplerState): void;
}

/** An endless stream of batches. Every epoch visits each example once, in its own order, also after a resume. */
export function createSampler(options: SamplerOptions): Sampler {
  const { size, seed, batchSize, groupByLength, lastBatch = 'short' } = options;
  for (const [field, value] of Object.entries({ size, batchSize })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new Error(`sampler: ${field} is ${value}; expected a positive integer.`);
    }
  }
  if (groupByLength && groupByLength.length !== size) {
    throw new Error(`sampler: groupByLength has ${groupByLength.length} lengths for ${size} examples.`);
  }
  const orderOf = (epoch: number) => epochOrder(size, seed, epoch, batchSize, groupByLength);
  let epoch = 0;
  let position = 0;
  let order = orderOf(0);

  return {
    next() {
      const batch: Batch = { epoch, indices: [] };
      do {
        const taken = order.slice(position, position + batchSize - batch.indices.length);
        batch.indices.push(...taken);
        position += taken.length;
        if (position === size) {
          epoch++;
          position = 0;
          order = orderOf(epoch);
        }
      } while (lastBatch === 'full' && batch.indices.length < batchSize);
      return batch;
    },
    state: () => ({ seed, size, epoch, position }),
    restore(state) {
      if (state.seed !== seed || state.size !== size) {
        throw new Error(
          `sampler: the saved position is for ${state.size} examples and seed ${state.seed}, this run has ${size} and ` +
            `seed ${seed}. Resume with the same data and seed, or start from the beginning.`,
        );
      }
      const { epoch: e, position: p } = state;
      if (!Number.isInteger(e) || e < 0 || !Number.isInteger(p) || p < 0 || p >= size) {
        throw new Error(
          `sampler: the saved position ${JSON.stringify(state)} is damaged; use another checkpoint.`,
        );
      }
      epoch = state.epoch;
      position = state.position;
      order = orderOf(epoch);
    },
  };
}
