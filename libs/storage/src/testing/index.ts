export { bytes, read, sha256, streamOf, text } from './bytes';
export { resetClock, setClock } from './clock';
export { PART_SIZE } from './contract/contract';
export { keysOf } from './keys-of';
export { testStore } from './store-under-test';
