import { familyOf, type ModelConfig, ropeTables } from '@open-chatgpt/models';
import { Tensor } from '@open-chatgpt/runtime';

/** Rotary tables of positions 0 … length − 1, [length, headDim / 2] each, by the names of the graph inputs. */
export interface RotaryTensors {
  cos: Tensor;
  sin: Tensor;
  [name: string]: Tensor;
}

/** null for families with learned positions. */
export function rotaryTensors(config: ModelConfig, length: number): RotaryTensors | null {
  if (!familyOf(config).rotary) return null;
  const { cos, sin } = ropeTables(config, length);
  const shape = [length, config.headDim / 2];
  return { cos: new Tensor('float32', shape, cos), sin: new Tensor('float32', shape, sin) };
}
