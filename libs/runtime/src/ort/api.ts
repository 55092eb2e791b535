import koffi from 'koffi';
import { MachineError, nativeError } from '../machine-error';
import { loadLibrary } from '../native-library';
import { libraryPath } from './library';

/** An opaque pointer of the C API. */
export type Pointer = unknown;

type FunctionName =
  | 'getErrorMessage'
  | 'createSessionFromArray'
  | 'run'
  | 'createSessionOptions'
  | 'enableProfiling'
  | 'disableMemPattern'
  | 'setGraphOptimizationLevel'
  | 'createTensorWithData'
  | 'createCpuMemoryInfo'
  | 'releaseStatus'
  | 'releaseSession'
  | 'releaseValue'
  | 'releaseSessionOptions'
  | 'createEnvWithGlobalThreadPools'
  | 'disablePerSessionThreads'
  | 'createThreadingOptions'
  | 'addSessionConfigEntry'
  | 'createAndRegisterAllocator'
  | 'setGlobalIntraOpNumThreads'
  | 'setGlobalInterOpNumThreads'
  | 'createArenaCfg';

/** A C type by name, or an output parameter. */
type CType = string | ReturnType<typeof koffi.out>;

/** An `_Out_ T**` argument: koffi writes the pointer into its first element. */
type Out = [Pointer];

/**
 * The functions of the C API in use, with their slots in the OrtApi table and their C types. The table is append-only
 * (onnxruntime_c_api.h, "OrtApi"), so a slot never changes its meaning.
 */
const FUNCTIONS: Record<FunctionName, [slot: number, result: string, parameters: CType[]]> = {
  getErrorMessage: [2, 'str', ['void *']],
  createSessionFromArray: [8, 'void *', ['void *', 'void *', 'size_t', 'void *', koffi.out('void **')]],
  run: [9, 'void *', ['void *', 'void *', 'void *', 'void *', 'size_t', 'void *', 'size_t', 'void *']],
  createSessionOptions: [10, 'void *', [koffi.out('void **')]],
  enableProfiling: [14, 'void *', ['void *', 'str']],
  disableMemPattern: [17, 'void *', ['void *']],
  setGraphOptimizationLevel: [23, 'void *', ['void *', 'int']],
  createTensorWithData: [
    49,
    'void *',
    ['void *', 'void *', 'size_t', 'void *', 'size_t', 'int', koffi.out('void **')],
  ],
  createCpuMemoryInfo: [69, 'void *', ['int', 'int', koffi.out('void **')]],
  releaseStatus: [93, 'void', ['void *']],
  releaseSession: [95, 'void', ['void *']],
  releaseValue: [96, 'void', ['void *']],
  releaseSessionOptions: [100, 'void', ['void *']],
  createEnvWithGlobalThreadPools: [119, 'void *', ['int', 'str', 'void *', koffi.out('void **')]],
  disablePerSessionThreads: [120, 'void *', ['void *']],
  createThreadingOptions: [121, 'void *', [koffi.out('void **')]],
  addSessionConfigEntry: [130, 'void *', ['void *', 'str', 'str']],
  createAndRegisterAllocator: [144, 'void *', ['void *', 'void *', 'void *']],
  setGlobalIntraOpNumThreads: [147, 'void *', ['void *', 'int']],
  setGlobalInterOpNumThreads: [148, 'void *', ['void *', 'int']],
  createArenaCfg: [156, 'void *', ['size_t', 'int', 'int', 'int', koffi.out('void **')]],
};

/** A C function as koffi exposes it. */
interface ForeignFunction {
  (...args: unknown[]): Pointer;
  async(...args: unknown[]): void;
}

const TABLE_SIZE = 1 + Math.max(...Object.values(FUNCTIONS).map(([slot]) => slot));

/** The OrtApi table of one loaded library. A failed call throws the library's own message. */
export class OrtApi {
  readonly version: string;
  private readonly functions: Record<FunctionName, ForeignFunction>;
  /** Kept referenced so that the library is never unloaded. */
  private readonly library: ReturnType<typeof loadLibrary>;

  constructor(path = libraryPath()) {
    this.library = loadLibrary(path, 'ONNX Runtime');
    const base = this.library.func('OrtGetApiBase', 'void *', [])();
    const [getApi, getVersion] = koffi.decode(base, koffi.array('void *', 2)) as [Pointer, Pointer];
    this.version = koffi.call(getVersion, koffi.proto('str', [])) as string;
    const apiVersion = Number(this.version.split('.')[1]);
    const api = koffi.call(getApi, koffi.proto('void *', ['uint32_t']), apiVersion);
    if (!api)
      throw new MachineError(`ONNX Runtime ${this.version} at ${path} offers no API version ${apiVersion}`);
    const table = koffi.decode(api, koffi.array('void *', TABLE_SIZE)) as Pointer[];
    this.functions = Object.fromEntries(
      Object.entries(FUNCTIONS).map(([name, [slot, result, parameters]]) => [
        name,
        koffi.decode(table[slot], koffi.proto(result, parameters)),
      ]),
    ) as Record<FunctionName, ForeignFunction>;
  }

  /** Calls a function that returns a status. */
  call(name: FunctionName, ...args: unknown[]): void {
    this.check(name, this.functions[name](...args));
  }

  /** Calls a function whose last parameter receives a pointer. */
  create(name: FunctionName, ...args: unknown[]): Pointer {
    const out: Out = [null];
    this.call(name, ...args, out);
    return out[0];
  }

  /** Calls a function that returns nothing. */
  release(name: FunctionName, pointer: Pointer): void {
    this.functions[name](pointer);
  }

  /** Calls a function that returns a status on another thread, so the event loop stays free. */
  callAsync(name: FunctionName, ...args: unknown[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.functions[name].async(...args, (error: Error | null, status: Pointer) => {
        try {
          if (error) throw error;
          this.check(name, status);
          resolve();
        } catch (failure) {
          reject(failure);
        }
      });
    });
  }

  private check(name: FunctionName, status: Pointer): void {
    if (!status) return;
    const message = this.functions.getErrorMessage(status) as string;
    this.functions.releaseStatus(status);
    throw nativeError(`ONNX Runtime ${name}: ${message}`);
  }
}
