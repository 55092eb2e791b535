import type { QuantizedPrecision } from '../quantization/precision';
import type { QuantizedMatrix } from '../quantization/quantized-matrix';

export interface DecodingOptions {
  /** false disables the LoRA adapter, which gives the reference policy. */
  adapter?: boolean;
  /**
   * `float32` (the default) reads the model's weights at each run. `int8` and `int4` quantize copies of the matrices once,
   * for a model whose training is complete (`int4` uses 8 bits for the most sensitive ones). Adapters stay in float32 and are
   * read at each run.
   */
  weights?: 'float32' | QuantizedPrecision;
  /** Whether rows may have adapters besides, each its own (`GenerateOptions.adapter`). Only on the CPU. Default false. */
  adapters?: boolean;
  /** Quantized matrices by the names of their weights. The model does not need those weights. */
  quantized?: ReadonlyMap<string, QuantizedMatrix>;
}
