/** One step: greedy decoding of new tokens after a prompt. The time is that of decoding the whole batch, without the prefill. */
import { createGenerator } from '@open-chatgpt/generation';
import { allocateBase, loadWeights, openSafetensors } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { configOf, options } from './model.mjs';
import { serve } from './serve.mjs';

const { shape, batch, prompt, newTokens, weights, precision = 'float32' } = options;
const config = configOf(shape, prompt + newTokens);
const model = {
  config,
  lora: null,
  scalarHead: false,
  trained: allocateBase(config, false),
  frozen: null,
};
const file = await openSafetensors(weights);
await loadWeights(model.trained, file);
await file.close();
const generator = createGenerator(model, { weights: precision, batchSize: batch });
const rng = createRng(1);
const prompts = Array.from({ length: batch }, () =>
  Array.from({ length: prompt }, () => rng.int(shape.vocab)),
);
await serve(async () => {
  let first = 0;
  await generator.generate({
    prompts,
    maxNewTokens: newTokens,
    doSample: false,
    stopTokenIds: [],
    // The prefill gives the first token; the clock starts when every row has it.
    onToken: () => {
      first ||= performance.now();
    },
  });
  return performance.now() - first;
});
