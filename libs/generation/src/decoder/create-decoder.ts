import type { Model } from '@open-chatgpt/models';
import { currentDevice } from '@open-chatgpt/runtime';
import type { DecodingOptions } from '../options/decoding-options';
import { OrtDecoder } from '../ort/ort-decoder';
import { XlaDecoder } from '../xla/xla-decoder';
import type { Decoder } from './decoder';

/**
 * Compiles a model for the device of this process. Quantized weights are multiplied by kernels that only ONNX Runtime has,
 * so such a model generates on the CPU.
 */
export function createDecoder(model: Model, options: DecodingOptions): Decoder {
  const { weights = 'float32' } = options;
  return currentDevice().engine === 'xla' && weights === 'float32'
    ? new XlaDecoder(model, options.adapter)
    : new OrtDecoder(model, options);
}
