export { adoptCheckpoint } from './adopt';
export type { CheckpointContent, FileDigest, WriteChunk } from './files';
export { type Checkpoint, latestCheckpoint, openCheckpoint, referencedCheckpoint } from './load';
export { pruneCheckpoints, type References, readReferences, referenceCheckpoint } from './references';
export { type CheckpointToSave, saveCheckpoint } from './save';
