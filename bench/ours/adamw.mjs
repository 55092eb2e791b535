/** One step: AdamW over as many parameters as the peer has, in the same number of tensors. */
import { AdamW, ParameterStore } from '@open-chatgpt/runtime';
import { options } from './model.mjs';
import { serve } from './serve.mjs';

const { elements = 33_554_432, tensors = 32 } = options;
const shape = [elements / tensors / 1024, 1024];
const store = new ParameterStore(
  Array.from({ length: tensors }, (_, i) => ({ name: `w${i}`, shape, trainable: true })),
);
for (const { name } of store.all) store.gradient(name).floats.fill(0.01);
const optimizer = new AdamW(store, {
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  weightDecay: 0.01,
});
await serve(async () => {
  await optimizer.step({ learningRate: 1e-4 });
});
