import type { ModelConfig } from './model-config';
import { ropeFrequencies } from './rope-frequencies';

export interface RopeTables {
  /** [length, headDim / 2] */
  cos: Float32Array;
  /** [length, headDim / 2] */
  sin: Float32Array;
}

/**
 * Tables of rotary position embeddings for positions 0 … length − 1 (RoFormer, arXiv 2104.09864), scaled as
 * configured. The angle of position p and pair i is p · frequency(i), rounded like in transformers (fp32 throughout),
 * because the weights were trained with these values.
 *
 * @param length number of positions; `dynamic` scaling also adapts the frequencies to it
 */
export function ropeTables(config: ModelConfig, length: number): RopeTables {
  const { frequencies, attentionFactor } = ropeFrequencies(config, length);
  const half = frequencies.length;
  const cos = new Float32Array(length * half);
  const sin = new Float32Array(length * half);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]);
      cos[position * half + i] = Math.fround(Math.cos(angle)) * attentionFactor;
      sin[position * half + i] = Math.fround(Math.sin(angle)) * attentionFactor;
    }
  }
  return { cos, sin };
}
