export {
  countParameters,
  estimateMemory,
  hostMemory,
  type MemoryEstimate,
} from './estimate-memory';
export { estimateServer } from './estimate-server';
export { expectedTensors, OPT_POSITION_OFFSET } from './expected-tensors';
export { adaptedModules, type LinearModule, linearModules } from './linear-modules';
export { logitsChunkRows } from './logits-chunk';
export { machineMemory } from './machine-memory';
export { builtinShape, freshShape, type ModelShape } from './model-shape';
export { DEFAULT_MEMORY, MEMORY_MARGIN, requestsFor } from './requests';
