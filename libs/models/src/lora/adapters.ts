import type { Rng } from '@open-chatgpt/random';
import type { ParameterSpec, ParameterStore } from '@open-chatgpt/runtime';
import { adaptedModules, type LinearModule } from '@open-chatgpt/sizing';
import type { ModelConfig } from '../config/model-config';
import type { LoraConfig } from './lora-config';

export const loraA = (module: string) => `${module}.lora_A.weight`;
export const loraB = (module: string) => `${module}.lora_B.weight`;

/** The adapters' parameters: A [r, in] and B [out, r] for each module. */
export function adapterSpecs(config: ModelConfig, lora: LoraConfig): ParameterSpec[] {
  return adaptedModules(config, lora).flatMap(({ name, inFeatures, outFeatures }) => [
    { name: loraA(name), shape: [lora.r, inFeatures], trainable: true },
    { name: loraB(name), shape: [outFeatures, lora.r], trainable: true },
  ]);
}

/** A uniform in ±1/√in and B zero, as in PEFT. Initially the adapter has no effect. */
export function initializeAdapters(store: ParameterStore, rng: Rng): void {
  for (const { name, shape, data } of store.all) {
    if (!name.endsWith('.lora_A.weight')) continue;
    const bound = 1 / Math.sqrt(shape[1]);
    for (let i = 0; i < data.length; i++) data[i] = (2 * rng.next() - 1) * bound;
  }
}

/** W + (α/r) B A into `target` (may be `weight` itself): weight flat [out, in], or [in, out] if inputMajor. */
export function mergeAdapter(
  target: Float32Array,
  weight: Float32Array,
  a: Float32Array,
  b: Float32Array,
  { inFeatures, outFeatures }: Pick<LinearModule, 'inFeatures' | 'outFeatures'>,
  scale: number,
  inputMajor = false,
): void {
  const rank = a.length / inFeatures;
  for (let out = 0; out < outFeatures; out++) {
    for (let input = 0; input < inFeatures; input++) {
      let update = 0;
      for (let r = 0; r < rank; r++) update += b[out * rank + r] * a[r * inFeatures + input];
      const at = inputMajor ? input * outFeatures + out : out * inFeatures + input;
      target[at] = weight[at] + scale * update;
    }
  }
}
