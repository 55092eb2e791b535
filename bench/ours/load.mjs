/** One step: a safetensors file into fp32 parameters in memory. */
import { models, options, runtime } from './model.mjs';
import { serve } from './serve.mjs';

await serve(async () => {
  const file = await models.openSafetensors(options.file);
  const specs = file.tensors().map(({ name, shape }) => ({ name, shape, trainable: false }));
  const store = new runtime.ParameterStore(specs);
  await models.loadWeights(store, file);
  await file.close();
});
