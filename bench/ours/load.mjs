/** One step: a safetensors file into fp32 parameters in memory. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { models, options, runtime } from './model.mjs';
import { serve } from './serve.mjs';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

await serve(async () => {
  const start = performance.now();
  await load();
  const ms = performance.now() - start;
  // The peer lets go of what a step loaded as soon as it ends.
  collectGarbage();
  return ms;
});

async function load() {
  const file = await models.openSafetensors(options.file);
  const specs = file.tensors().map(({ name, shape }) => ({ name, shape, trainable: false }));
  const store = new runtime.ParameterStore(specs);
  await models.loadWeights(store, file);
  await file.close();
}
