/** Writes random weights of a shape as safetensors, for ours and the peers to load alike. */
import { configOf, createRng, models, options } from './model.mjs';

const { shape, length, path, dtype = 'F32' } = options;
const config = configOf(shape, length);
const store = models.allocateBase(config, false);
models.initializeWeights(store, createRng(0), config.numHiddenLayers);
await models.writeSafetensors(path, store.all, { dtype });
