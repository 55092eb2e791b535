import type { TokenBytes } from '@open-chatgpt/models';
import { residentOf, totalBytes } from './measure';
import type { StageShape } from './stage-shape';

/** The most that fits on the devices, about. 0 where none does. */
export interface Limit {
  /** Of one pass, at the length of the stage. */
  rows: number;
  /** Tokens of a row, at the rows of the stage and at most those that the model has positions for. */
  length: number;
}

/**
 * What fits beside weights, gradients and moments. Without gradient checkpointing all weights are on the devices.
 * @param parts among which the rows are divided
 */
export function limitsOf(
  shape: StageShape,
  { tokenBytes, parts, capacity }: { tokenBytes: TokenBytes; parts: number; capacity: number },
): Record<keyof TokenBytes, Limit> {
  const limit = (one: StageShape, bytes: number): Limit => {
    const resident = residentOf(one);
    const { weights, gradients, moments } = resident;
    const free = capacity - weights - gradients - moments;
    const tokens = totalBytes(one, resident, 0) > capacity ? 0 : free / bytes;
    // Rows that the parts do not divide are computed whole on each.
    const rows = Math.ceil(shape.rows / parts) * parts;
    return {
      rows: Math.floor(tokens / shape.length / parts) * parts,
      length: Math.min(Math.floor(tokens / rows), shape.config.maxPositionEmbeddings),
    };
  };
  return {
    checkpointing: limit(shape, tokenBytes.checkpointing),
    whole: limit({ ...shape, offloadParam: 'none' }, tokenBytes.whole),
  };
}
