import { gelu, geluTanh, relu, silu, type Value } from '@open-chatgpt/autodiff';
import type { HiddenActivation } from '../config/model-config';

/** The activation functions by their names in config.json. */
export const activations: Record<HiddenActivation, (x: Value) => Value> = {
  silu,
  gelu,
  gelu_new: geluTanh,
  relu,
};
