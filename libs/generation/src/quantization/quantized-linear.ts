import { attribute, type Graph, MICROSOFT, type Value } from '@open-chatgpt/autodiff';
import { BLOCK_SIZE, type QuantizedMatrix } from './quantize-blocks';

/** The kernel also rounds each block of x to 8 bits and multiplies integers (accuracy_level 4). */
const INT8_ACTIVATIONS = 4;

/** x Wᵀ with a quantized weight, which becomes part of the graph: x [N, in] → [N, out]. */
export function quantizedLinear(graph: Graph, x: Value, matrix: QuantizedMatrix): Value {
  const { int } = attribute;
  const { bits, outFeatures, inFeatures, blocks, values, scales } = matrix;
  const bytes = (BLOCK_SIZE * bits) / 8;
  const [y] = graph.node(
    'MatMulNBits',
    [
      x,
      graph.constant('uint8', [outFeatures, blocks, bytes], values),
      graph.constant('float32', [outFeatures * blocks], scales),
    ],
    {
      K: int(inFeatures),
      N: int(outFeatures),
      bits: int(bits),
      block_size: int(BLOCK_SIZE),
      accuracy_level: int(INT8_ACTIVATIONS),
    },
    [{ shape: [x.shape[0], outFeatures] }],
    MICROSOFT,
  );
  return y;
}
