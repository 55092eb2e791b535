import type { Model } from '@open-chatgpt/models';
import { currentDevice } from '@open-chatgpt/runtime';
import type { DecodingOptions } from '../options/decoding-options';
import { OrtDecoder } from '../ort/ort-decoder';
import { XlaDecoder } from '../xla/xla-decoder';
import type { Decoder } from './decoder';

/**
 * Compiles a model for the device of this process. Quantized weights are multiplied by kernels that only ONNX Runtime has,
 * so such a model generates on the CPU.
 * @throws Error for adapters on another device
 */
export function createDecoder(model: Model, options: DecodingOptions): Decoder {
  const { weights = 'float32', adapters = false } = options;
  if (currentDevice().engine !== 'xla' || weights !== 'float32') return new OrtDecoder(model, options);
  if (adapters) {
    throw new Error(
      'generation: adapters beside their base run on the CPU only; set OPEN_CHATGPT_DEVICE=cpu, use int8 or int4 weights, or ' +
        'merge each adapter (openchat model merge)',
    );
  }
  return new XlaDecoder(model, options.adapter);
}
