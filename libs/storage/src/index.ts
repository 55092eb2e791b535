export {
  changeDocument,
  changeVersion,
  type DocumentVersion,
  readDocument,
} from './documents/change-document';
export {
  ChecksumError,
  InvalidKeyError,
  ObjectNotFoundError,
  PreconditionFailedError,
  StorageError,
  StorageFailure,
  StorageFullError,
  StorageRefusedError,
  StorageUnavailableError,
} from './errors';
export { checkKey } from './key';
export type {
  ObjectBody,
  ObjectStore,
  StoredObject,
  WriteCondition,
  WriteOptions,
  WrittenObject,
} from './object-store';
export { openObjectStore, s3OptionsFromEnv } from './open';
export { patiently } from './patiently';
export {
  collectGarbage,
  type GarbageReport,
  type GarbageRules,
  publishedPrefixes,
  unpublish,
} from './published/collect-garbage';
export { type CurrentFolder, currentFolder, makeCurrent } from './published/current';
export { fetchFolder } from './published/fetch-folder';
export { importOnce } from './published/import-once';
export { describeFolder, type FolderReference, manifestKeyOf } from './published/manifest';
export { publishFolder } from './published/publish-folder';
export type { RetryOptions } from './retry';
export type { S3Options } from './s3/s3-store';
