import { countParameters, estimateMemory, type MemoryEstimate } from './estimate-memory';
import type { ModelShape } from './model-shape';

/**
 * Bytes of a weight while a model is loaded, when a process takes most: weights that are rounded exist as the graph's constants, as its
 * message and as the kernels pack them. Afterwards, 2 and 1.6 bytes stay (measured with SmolLM2-135M).
 */
const WEIGHT_BYTES = { float32: 4, int8: 5, int4: 4.5 } as const;

/** Completions that run at the same time, and the tokens that each is taken to have. */
const SAMPLED = 16;
const LENGTH = 1024;

/** What a process takes that answers with a model. Of a model whose shape is not known, only the weights are counted. */
export function estimateServer(
  model: { shape: ModelShape } | { parameters: number },
  weights: keyof typeof WEIGHT_BYTES,
): MemoryEstimate {
  const whole =
    'shape' in model
      ? estimateMemory(
          model.shape,
          { trained: [], frozen: [], rows: 0, sampled: SAMPLED },
          { length: LENGTH, gradientCheckpointing: false },
        )
      : undefined;
  const parameters = 'shape' in model ? countParameters(model.shape) : model.parameters;
  const bytes = {
    fixed: whole?.bytes.fixed ?? 2 ** 28,
    weights: WEIGHT_BYTES[weights] * parameters,
    gradients: 0,
    moments: 0,
    activations: whole?.bytes.activations ?? 0,
    cache: whole?.bytes.cache ?? 0,
  };
  const total = Object.values(bytes).reduce((a, b) => a + b, 0);
  return { parameters, trainedParameters: 0, bytes, total };
}
