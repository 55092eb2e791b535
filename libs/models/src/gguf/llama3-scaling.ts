import { parseModelConfig } from '../config/parse-model-config';
import { ropeFrequencies } from '../config/rope-frequencies';
import { ModelFileError } from '../weights/model-file-error';
import { elementCount } from '../weights/weight-source';
import type { GgufFile } from './gguf-file';
import { ggufModelConfig } from './gguf-model-config';
import { ROPE_FACTORS } from './tensor-names';

const TOLERANCE = 1e-3;

/**
 * LLaMA 3.1's scaling of the rotary frequencies. GGUF stores only its result, the divisor of each frequency, as the tensor
 * `rope_freqs.weight`. This function assumes Meta's published parameters and checks them against the tensor.
 *
 * @returns the fields of `rope_scaling`, or null when the file has no such tensor
 * @throws ModelFileError when the factors result from other parameters
 */
export async function llama3Scaling(file: GgufFile): Promise<Record<string, unknown> | null> {
  const tensor = file.tensors().find(({ name }) => name === ROPE_FACTORS);
  if (!tensor) return null;
  const { where } = file.metadata;
  const { headDim } = ggufModelConfig(file.metadata, file.tensors());
  const count = elementCount(tensor.shape);
  // Frequencies are computed for each pair of dimensions, whose number the metadata only claim.
  if (count !== headDim / 2)
    throw new ModelFileError(
      where,
      `tensor "${ROPE_FACTORS}" has ${count} factors, heads of ${headDim} dimensions need ${headDim / 2}; download it again`,
    );
  const factors = new Float32Array(count);
  await file.read(ROPE_FACTORS, factors);
  const scaling = {
    rope_type: 'llama3',
    factor: Math.max(...factors),
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const config = ggufModelConfig(file.metadata, file.tensors(), scaling);
  const scaled = ropeFrequencies(config, 1).frequencies;
  const plain = ropeFrequencies(parseModelConfig({ ...config.source, rope_scaling: null }, where), 1);
  const fits = factors.every(
    (factor, i) => Math.abs(plain.frequencies[i] / scaled[i] / factor - 1) < TOLERANCE,
  );
  if (!fits)
    throw new ModelFileError(
      where,
      `tensor "${ROPE_FACTORS}" scales the rotary frequencies differently from LLaMA 3.1, which is not supported`,
    );
  return scaling;
}
