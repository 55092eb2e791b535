import { linearModules, type Model, parameterOf } from '@open-chatgpt/models';
import { type QuantizedBits, type QuantizedMatrix, quantizeBlocks } from '../quantization/quantize-blocks';

/** The weights that a quantized matrix represents, [out, in]. */
export function dequantize(matrix: QuantizedMatrix): Float32Array {
  const { bits, outFeatures, inFeatures, blocks, values, scales } = matrix;
  return Float32Array.from({ length: outFeatures * inFeatures }, (_, i) => {
    const [row, column] = [Math.floor(i / inFeatures), i % inFeatures];
    const block = row * blocks + Math.floor(column / 32);
    const at = block * 32 + (column % 32);
    const value = bits === 8 ? values[at] : (values[at >> 1] >> (4 * (at % 2))) & 15;
    return (value - (bits === 8 ? 128 : 8)) * scales[block];
  });
}

/** Rounds the matrices inside a model's blocks as quantization does. */
export function roundWeights(model: Model, bits: QuantizedBits): void {
  for (const { name, outFeatures, inFeatures } of linearModules(model.config)) {
    const { data } = parameterOf(model, `${name}.weight`);
    const inputMajor = model.config.family === 'gpt2';
    const rounded = dequantize(quantizeBlocks(data, { outFeatures, inFeatures }, bits, inputMajor));
    for (let i = 0; i < data.length; i++) {
      data[i] = inputMajor
        ? rounded[(i % outFeatures) * inFeatures + Math.floor(i / outFeatures)]
        : rounded[i];
    }
  }
}
