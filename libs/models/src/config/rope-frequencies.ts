import type { ModelConfig, RopeScaling } from './model-config';

export interface RopeFrequencies {
  /** Radians per position of each rotated pair, [headDim / 2]. */
  frequencies: Float32Array;
  /** Factor on cos and sin; 1 except for YaRN. */
  attentionFactor: number;
}

/** The frequencies θ^(−2i/d) of the rotated pairs, scaled as configured. */
export function ropeFrequencies(config: ModelConfig, length: number): RopeFrequencies {
  const { headDim, ropeTheta, ropeScaling: scaling } = config;
  switch (scaling?.type) {
    case undefined:
      return { frequencies: plain(headDim, ropeTheta), attentionFactor: 1 };
    case 'linear':
      return { frequencies: plain(headDim, ropeTheta).map((f) => f / scaling.factor), attentionFactor: 1 };
    case 'dynamic': {
      const theta = dynamicTheta(ropeTheta, scaling.factor, headDim, length / config.maxPositionEmbeddings);
      return { frequencies: plain(headDim, theta), attentionFactor: 1 };
    }
    case 'llama3':
      return { frequencies: llama3(plain(headDim, ropeTheta), scaling), attentionFactor: 1 };
    case 'yarn':
      return { frequencies: yarn(headDim, ropeTheta, scaling), attentionFactor: yarnAttention(scaling) };
  }
}

function plain(headDim: number, theta: number): Float32Array {
  return Float32Array.from({ length: headDim / 2 }, (_, i) => {
    return 1 / Math.fround(theta ** Math.fround((2 * i) / headDim));
  });
}

/** NTK-aware scaling: the base grows when the text exceeds the training length. */
function dynamicTheta(theta: number, factor: number, headDim: number, stretch: number): number {
  return theta * (factor * Math.max(stretch, 1) - (factor - 1)) ** (headDim / (headDim - 2));
}

/** LLaMA 3.1: divides low frequencies by `factor`, keeps high ones, and interpolates between. */
function llama3(plainFrequencies: Float32Array, scaling: RopeScaling & { type: 'llama3' }): Float32Array {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings: original } = scaling;
  return plainFrequencies.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < original / highFreqFactor) return frequency;
    if (wavelength > original / lowFreqFactor) return frequency / factor;
    const smooth = (original / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  });
}

/** YaRN (arXiv 2309.00071): interpolation by parts, between the dimensions that rotate betaFast and betaSlow times. */
function yarn(headDim: number, theta: number, scaling: RopeScaling & { type: 'yarn' }): Float32Array {
  const [low, high] = yarnRange(headDim, theta, scaling);
  const width = low === high ? 0.001 : high - low;
  return plain(headDim, theta).map((frequency, i) => {
    const interpolated = Math.min(Math.max((i - low) / width, 0), 1);
    return (frequency / scaling.factor) * interpolated + frequency * (1 - interpolated);
  });
}

function yarnRange(
  headDim: number,
  theta: number,
  scaling: RopeScaling & { type: 'yarn' },
): [number, number] {
  const dimension = (rotations: number) =>
    (headDim * Math.log(scaling.originalMaxPositionEmbeddings / (rotations * 2 * Math.PI))) /
    (2 * Math.log(theta));
  const low = dimension(scaling.betaFast);
  const high = dimension(scaling.betaSlow);
  return [
    Math.max(scaling.truncate ? Math.floor(low) : low, 0),
    Math.min(scaling.truncate ? Math.ceil(high) : high, headDim - 1),
  ];
}

function yarnAttention(scaling: RopeScaling & { type: 'yarn' }): number {
  if (scaling.attentionFactor !== null) return scaling.attentionFactor;
  const { factor, mscale, mscaleAllDim } = scaling;
  const temperature = (scale: number) => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1);
  return mscale && mscaleAllDim ? temperature(mscale) / temperature(mscaleAllDim) : temperature(1);
}
