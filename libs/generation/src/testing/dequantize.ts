import { inVocabulary, linearModules, type Model, parameterOf, tokenTable } from '@open-chatgpt/models';
import { bitsOf, type QuantizedPrecision } from '../quantization/precision';
import { quantizeBlocks } from '../quantization/quantize-blocks';
import type { QuantizedMatrix } from '../quantization/quantized-matrix';

/** The weights that a quantized matrix represents, [out, in]. */
export function dequantize(matrix: QuantizedMatrix): Float32Array {
  const { bits, groupSize, groups, outFeatures, inFeatures, values, scales, offsets } = matrix;
  return Float32Array.from({ length: outFeatures * inFeatures }, (_, i) => {
    const [row, column] = [Math.floor(i / inFeatures), i % inFeatures];
    const group = row * groups + Math.floor(column / groupSize);
    const at = group * groupSize + (column % groupSize);
    const value = bits === 8 ? values[at] : (values[at >> 1] >> (4 * (at % 2))) & 15;
    return (value - (bits === 8 ? 128 : 8)) * scales[group] + (offsets?.[group] ?? 0);
  });
}

/** Rounds a model's matrices as quantization does. */
export function roundWeights(model: Model, precision: QuantizedPrecision): void {
  const { config } = model;
  const { vocabSize: outFeatures, hiddenSize: inFeatures } = config;
  round(model, tokenTable(config), { outFeatures, inFeatures }, precision);
  for (const { name, ...size } of linearModules(config)) round(model, `${name}.weight`, size, precision);
}

function round(
  model: Model,
  name: string,
  size: { outFeatures: number; inFeatures: number },
  precision: QuantizedPrecision,
): void {
  const { config } = model;
  const { data } = parameterOf(model, name);
  const inputMajor = config.family === 'gpt2' && !inVocabulary(name, config);
  const rounded = dequantize(quantizeBlocks(data, size, bitsOf(name, config, precision), inputMajor));
  const { inFeatures, outFeatures } = size;
  for (let i = 0; i < data.length; i++) {
    data[i] = inputMajor ? rounded[(i % outFeatures) * inFeatures + Math.floor(i / outFeatures)] : rounded[i];
  }
}
