/** One step: greedy decoding of new tokens after a prompt; the time is of the decoding alone, per whole batch. */
import { configOf, createGenerator, createRng, models, options } from './model.mjs';
import { serve } from './serve.mjs';

const { shape, batch, prompt, newTokens, weights, precision = 'float32' } = options;
const config = configOf(shape, prompt + newTokens);
const model = {
  config,
  lora: null,
  scalarHead: false,
  trained: models.allocateBase(config, false),
  frozen: null,
};
const file = await models.openSafetensors(weights);
await models.loadWeights(model.trained, file);
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
    // The first token comes out of the prompt's pass; the clock starts when every row has it.
    onToken: () => {
      first ||= performance.now();
    },
  });
  return performance.now() - first;
});
