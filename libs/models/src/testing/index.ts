export { hermesTokenizer } from './hermes-tokenizer';
export { writeMerged, writeTinyAdapter } from './write-tiny-adapter';
export { writeTinyModel } from './write-tiny-model';
