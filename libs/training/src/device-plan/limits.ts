import type { TokenBytes } from '@open-chatgpt/models';
import type { DeviceBytes } from './measure';
import type { StageShape } from './stage-shape';

/** The most that fits on the devices, about. 0 where none does. */
export interface Limit {
  /** Of one pass, at the length of the stage. */
  rows: number;
  /** Tokens of a row, at the rows of the stage and at most those that the model has positions for. */
  length: number;
}

/**
 * What fits beside weights, gradients and moments.
 * @param parts among which the rows are divided
 */
export function limitsOf(
  shape: StageShape,
  { weights, gradients, moments }: Omit<DeviceBytes, 'activations'>,
  { tokenBytes, parts, capacity }: { tokenBytes: TokenBytes; parts: number; capacity: number },
): Record<keyof TokenBytes, Limit> {
  const free = capacity - weights - gradients - moments;
  const limit = (bytes: number): Limit => {
    const tokens = Math.max(0, free / bytes);
    // Rows that the parts do not divide are computed whole on each.
    const rows = Math.ceil(shape.rows / parts) * parts;
    return {
      rows: Math.floor(tokens / shape.length / parts) * parts,
      length: Math.min(Math.floor(tokens / rows), shape.config.maxPositionEmbeddings),
    };
  };
  return { checkpointing: limit(tokenBytes.checkpointing), whole: limit(tokenBytes.whole) };
}
