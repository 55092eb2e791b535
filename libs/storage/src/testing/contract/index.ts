import { changeDocumentContract } from './change-document';
import { collectGarbageContract } from './collect-garbage';
import { conditionalWritesContract } from './conditional-writes';
import type { StoreContract } from './contract';
import { importOnceContract } from './import-once';
import { keysContract } from './keys';
import { killedWriterContract } from './killed-writer';
import { memoryContract } from './memory';
import { objectsContract } from './objects';
import { publishedFoldersContract } from './published-folders';

/** The contracts, with the names of their test suites. */
export const storeContracts: Record<string, StoreContract> = {
  objects: objectsContract,
  keys: keysContract,
  'conditional writes': conditionalWritesContract,
  'killed writer': killedWriterContract,
  memory: memoryContract,
  'change document': changeDocumentContract,
  'collect garbage': collectGarbageContract,
  'import once': importOnceContract,
  'published folders': publishedFoldersContract,
};
