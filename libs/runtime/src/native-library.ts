import koffi from 'koffi';
import { MachineError } from './machine-error';

const STACK_SIZE = 8 << 20;

/**
 * Loads a shared library. The caller keeps it referenced: unloading it while in use crashes the process.
 * @param name for the error
 */
export function loadLibrary(path: string, name: string) {
  // The kernels of a large model recurse deeper than koffi's default stacks allow. koffi fixes its settings for the whole
  // process at the first library, and another copy of this module may already have set them.
  if (koffi.config().sync_stack_size !== STACK_SIZE) {
    koffi.config({ sync_stack_size: STACK_SIZE, async_stack_size: STACK_SIZE });
  }
  try {
    pin(path);
    return koffi.load(path);
  } catch (error) {
    throw new MachineError(`cannot load ${name} from ${path}: ${(error as Error).message}`);
  }
}

const RTLD_NOW_NODELETE = 0x2 | 0x1000;

/**
 * koffi unloads libraries when the process ends, before the handlers run that a library has registered for its end. On
 * Linux such a handler of the XLA plugin would then crash the process, unless the library stays in memory.
 */
function pin(path: string): void {
  if (process.platform === 'linux')
    koffi.load('libc.so.6').func('dlopen', 'void *', ['str', 'int'])(path, RTLD_NOW_NODELETE);
}
