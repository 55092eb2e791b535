/** One step: forward, backward and AdamW over a LLaMA of the given shape. */
import {
  allocateModel,
  compileTraining,
  languageModelLoss,
  loadWeights,
  openSafetensors,
} from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { AdamW } from '@open-chatgpt/runtime';
import { configOf, options } from './model.mjs';
import { serve } from './serve.mjs';

const { shape, batch, length, weights, gradientCheckpointing = false } = options;
const config = configOf(shape, length);
const model = allocateModel(config);
const file = await openSafetensors(weights);
await loadWeights(model.trained, file);
await file.close();
const program = compileTraining(model, languageModelLoss, {
  batch,
  length,
  gradientCheckpointing,
});
const optimizer = new AdamW(model.trained, {
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  weightDecay: 0.01,
});
const rng = createRng(1);
const count = batch * length;
const ids = () => BigInt64Array.from({ length: count }, () => BigInt(rng.int(shape.vocab)));
program.feed({ inputIds: ids(), labels: ids(), lossWeights: new Float32Array(count).fill(1 / count) });
await serve(async () => {
  await program.run();
  await optimizer.step({ learningRate: 1e-4 });
});
