export { Attempt, WorkEndsProcess } from './documents/attempt';
export {
  changeDocument,
  changeVersion,
  type DocumentVersion,
  readDocument,
} from './documents/change-document';
export { DocumentWatch } from './documents/document-watch';
export {
  ChecksumError,
  ObjectNotFoundError,
  PreconditionFailedError,
  StorageError,
  StorageFailure,
  StorageFullError,
  StorageRefusedError,
  StorageUnavailableError,
} from './errors';
export { checkKey } from './key';
export type { ObjectStore } from './object-store';
export { openObjectStore, s3OptionsFromEnv } from './open';
export { collectGarbage, publishedPrefixes, unpublish } from './published/collect-garbage';
export { currentFolder, makeCurrent } from './published/current';
export { fetchFolder } from './published/fetch-folder';
export { importOnce } from './published/import-once';
export { describeFolder, type FolderReference, manifestKeyOf } from './published/manifest';
export { publishFolder } from './published/publish-folder';
export { retryUntilAvailable } from './retry-until-available';
export type { S3Options } from './s3/s3-store';
export { storeTime } from './store-time';
