import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import koffi from 'koffi';

/**
 * Collects garbage, and gives freed memory back to the system. Loading a model leaves several copies of its weights. Nothing else would
 * free them soon: V8 does not know what they cost, and glibc keeps blocks below 32 MiB for later allocations.
 */
export function freeUnusedMemory(): void {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  collectGarbage();
  // Array buffers are freed by another thread, for which the next collection waits.
  collectGarbage();
  if (process.platform === 'linux') koffi.load('libc.so.6').func('int malloc_trim(size_t)')(0);
}
