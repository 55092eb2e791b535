import koffi from 'koffi';
import { MachineError, nativeError } from '../machine-error';
import { loadLibrary } from '../native-library';

/** The address of an object of the plugin. */
export type Address = bigint;

/**
 * The functions in use and their slots in PJRT_Api (pjrt_c_api.h of OpenXLA). The table is append-only, so a slot never
 * changes its meaning.
 */
const SLOTS = {
  errorDestroy: 0,
  errorMessage: 1,
  pluginInitialize: 3,
  eventDestroy: 5,
  eventAwait: 8,
  clientCreate: 10,
  clientDevices: 15,
  clientAddressableDevices: 16,
  clientCompile: 20,
  clientBufferFromHostBuffer: 22,
  deviceDescriptionId: 23,
  deviceGetDescription: 29,
  executableDestroy: 40,
  loadedExecutableDestroy: 50,
  loadedExecutableGetExecutable: 51,
  loadedExecutableExecute: 55,
  bufferDestroy: 58,
  bufferOnDeviceSizeInBytes: 64,
  bufferToHostBuffer: 70,
  executableOptimizedProgram: 48,
  topologyCreate: 82,
  compile: 89,
  executableGetCompiledMemoryStats: 96,
} as const;

export type FunctionName = keyof typeof SLOTS;

/** A C function as koffi exposes it. Every function takes the address of one struct and returns an error or null. */
interface ForeignFunction {
  (args: Uint8Array): bigint | number;
  async(args: Uint8Array, done: (error: Error | null, result: bigint | number) => void): void;
}

/** Size of the version and of the fields before the table. */
const TABLE_OFFSET = 40;
const TABLE_SIZE = 1 + Math.max(...Object.values(SLOTS));
const MAJOR_VERSION = 0;

/**
 * The argument struct of one call. Its first field is its size, so that plugins of other versions know which fields it
 * has. Offsets are those of the header; all fields have 8 bytes.
 */
export class Struct {
  readonly bytes: Buffer;
  /** Memory that C reads during the call. */
  private readonly references: unknown[] = [];

  constructor(size: number) {
    this.bytes = Buffer.alloc(size);
    this.bytes.writeBigUInt64LE(BigInt(size), 0);
  }

  /** Writes a number, an address, or the address of memory, which stays referenced as long as the struct. */
  set(offset: number, value: number | Address | ArrayBufferView | Struct): this {
    if (typeof value === 'number') this.bytes.writeBigInt64LE(BigInt(value), offset);
    else if (typeof value === 'bigint') this.bytes.writeBigUInt64LE(value, offset);
    else {
      this.references.push(value);
      const memory = value instanceof Struct ? value.bytes : value;
      this.bytes.writeBigUInt64LE(addressOf(memory), offset);
    }
    return this;
  }

  /** Keeps memory referenced as long as the struct. */
  keep(...memory: readonly unknown[]): this {
    this.references.push(...memory);
    return this;
  }

  /** Writes the address and the length of bytes into two consecutive fields. */
  setBytes(offset: number, bytes: Uint8Array): this {
    return this.set(offset, bytes).set(offset + 8, bytes.length);
  }

  get(offset: number): Address {
    return this.bytes.readBigUInt64LE(offset);
  }

  /** Reads a text whose address and length are in two consecutive fields. */
  text(offset: number): string {
    const length = Number(this.get(offset + 8));
    if (length === 0) return '';
    return Buffer.from(koffi.decode(this.get(offset), koffi.array('uint8_t', length)) as number[]).toString();
  }
}

/** Reads an array of `count` addresses. */
export function readAddresses(start: Address, count: number): Address[] {
  return Array.from(
    koffi.decode(start, koffi.array('uint64_t', count)) as ArrayLike<bigint | number>,
    BigInt,
  );
}

/** The address of memory. An empty array may have none. */
export function addressOf(memory: ArrayBufferView): Address {
  return memory.byteLength === 0 ? 0n : BigInt(koffi.address(memory) as bigint);
}

/** The function table of one PJRT plugin. A failed call throws the plugin's own message. */
export class PjrtApi {
  /** Version of the C API, such as `0.115`. */
  readonly version: string;
  private readonly functions: Record<FunctionName, ForeignFunction>;
  /** Kept referenced so that the library is never unloaded. */
  private readonly library: ReturnType<typeof loadLibrary>;

  /** @throws MachineError naming the file when it is no plugin, or one of another version */
  constructor(readonly path: string) {
    this.library = loadLibrary(path, 'the XLA plugin');
    const api = this.entryPoint();
    const head = Buffer.from(koffi.decode(api, koffi.array('uint8_t', TABLE_OFFSET)) as number[]);
    const [major, minor] = [head.readInt32LE(32), head.readInt32LE(36)];
    this.version = `${major}.${minor}`;
    const slots = (Number(head.readBigUInt64LE(0)) - TABLE_OFFSET) / 8;
    if (major !== MAJOR_VERSION || slots < TABLE_SIZE)
      throw new MachineError(
        `the XLA plugin ${path} has version ${this.version} of the PJRT C API with ${slots} functions; it must be version ` +
          `${MAJOR_VERSION} with at least ${TABLE_SIZE}. ` +
          'Install one that fits: openchat device install cpu',
      );
    const table = koffi.decode(api, TABLE_OFFSET, koffi.array('void *', TABLE_SIZE)) as unknown[];
    const prototype = koffi.proto('uint64_t', ['void *']);
    this.functions = Object.fromEntries(
      Object.entries(SLOTS).map(([name, slot]) => [name, koffi.decode(table[slot], prototype)]),
    ) as Record<FunctionName, ForeignFunction>;
    this.call('pluginInitialize', new Struct(16));
  }

  call(name: FunctionName, args: Struct): Struct {
    this.check(name, this.functions[name](args.bytes));
    return args;
  }

  /** Calls a function on another thread, so the event loop stays free. */
  callAsync(name: FunctionName, args: Struct): Promise<Struct> {
    return new Promise((resolve, reject) => {
      this.functions[name].async(args.bytes, (failure, error) => {
        try {
          if (failure) throw failure;
          this.check(name, error);
          resolve(args);
        } catch (reason) {
          reject(reason);
        }
      });
    });
  }

  /** Waits on the calling thread for an event, and releases it. */
  await(event: Address): void {
    if (event === 0n) return;
    try {
      this.call('eventAwait', new Struct(24).set(16, event));
    } finally {
      this.call('eventDestroy', new Struct(24).set(16, event));
    }
  }

  async awaitAsync(event: Address): Promise<void> {
    if (event === 0n) return;
    try {
      await this.callAsync('eventAwait', new Struct(24).set(16, event));
    } finally {
      this.call('eventDestroy', new Struct(24).set(16, event));
    }
  }

  private entryPoint(): unknown {
    try {
      return this.library.func('GetPjrtApi', 'void *', [])();
    } catch (error) {
      throw new MachineError(`${this.path} is no XLA plugin: ${(error as Error).message}`);
    }
  }

  private check(name: FunctionName, error: bigint | number): void {
    if (!error) return;
    const address = BigInt(error);
    const message = new Struct(40).set(16, address);
    this.functions.errorMessage(message.bytes);
    const text = message.text(24);
    this.functions.errorDestroy(new Struct(24).set(16, address).bytes);
    throw nativeError(`XLA ${name}: ${text}`);
  }
}
