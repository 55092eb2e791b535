/** Writes random weights of a shape as safetensors, which ours and the peers load. */
import { allocateBase, initializeWeights, writeSafetensors } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { configOf, options } from './model.mjs';

const { shape, length, path, dtype = 'F32' } = options;
const config = configOf(shape, length);
const store = allocateBase(config, false);
initializeWeights(store, createRng(0), config.numHiddenLayers);
await writeSafetensors(path, store.all, { dtype });
