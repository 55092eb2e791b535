/** One step: a safetensors file into fp32 parameters in memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadWeights, openSafetensors } from '@open-chatgpt/models';
import { ParameterStore } from '@open-chatgpt/runtime';
import { options } from './model.mjs';
import { serve } from './serve.mjs';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

await serve(async () => {
  const start = performance.now();
  await load();
  const ms = performance.now() - start;
  // The peer frees what a step loaded as soon as the step ends.
  collectGarbage();
  return ms;
});

async function load() {
  const file = await openSafetensors(options.file);
  const specs = file.tensors().map(({ name, shape }) => ({ name, shape, trainable: false }));
  const store = new ParameterStore(specs);
  await loadWeights(store, file);
  await file.close();
}
