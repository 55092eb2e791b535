import { currentDevice, type DeviceSpec } from '../device';
import { loadLibrary } from '../native-library';
import { threadCount } from '../ort/environment';
import { compileOptions } from './compile-options';
import { DeviceMemory } from './device-memory';
import { type MemoryUse, memoryUseOf } from './memory-use';
import { type Address, addressOf, PjrtApi, readAddresses, Struct } from './pjrt-api';
import { findPlugin } from './plugin-path';

/** Options of a plugin by name. */
type ClientOptions = Readonly<Record<string, number | readonly number[]>>;

/** The XLA client of this process: one plugin and its devices. Two live clients in one process are not supported by PJRT. */
export class XlaClient {
  readonly devices: readonly Address[];
  readonly handle: Address;
  readonly memory: DeviceMemory;

  /** @param options of the plugin by name, such as `cpu_device_count` */
  constructor(
    readonly api: PjrtApi,
    options: ClientOptions,
  ) {
    this.handle = api.call('clientCreate', createArguments(options)).get(64);
    const list = api.call('clientAddressableDevices', new Struct(40).set(16, this.handle));
    this.devices = readAddresses(list.get(24), Number(list.get(32)));
    this.memory = new DeviceMemory(api, this.devices.length);
  }

  /** Compiles a StableHLO module for the first `devices` devices. @throws Error with the compiler's message */
  compile(module: string, outputs: number, devices: number): Executable {
    const program = new Struct(48).setBytes(16, Buffer.from(module)).setBytes(32, Buffer.from('mlir'));
    const args = new Struct(56).set(16, this.handle).set(24, program).setBytes(32, compileOptions(devices));
    return new Executable(this.api, this.api.call('clientCompile', args).get(48), { outputs, devices });
  }
}

/** The arguments of PJRT_Client_Create with its options: an array of PJRT_NamedValue structs, of integers or lists of them. */
function createArguments(options: ClientOptions): Struct {
  const [integer, integers] = [1, 2];
  const values = Object.entries(options).map(([name, value]) => {
    const struct = new Struct(56).setBytes(16, Buffer.from(name));
    return typeof value === 'number'
      ? struct.set(32, integer).set(40, value).set(48, 1)
      : struct.set(32, integers).set(40, BigInt64Array.from(value, BigInt)).set(48, value.length);
  });
  const list = Buffer.concat(values.map(({ bytes }) => bytes));
  return new Struct(88).set(16, list).set(24, values.length).keep(values);
}

/** A compiled program. */
export class Executable {
  constructor(
    private readonly api: PjrtApi,
    private readonly address: Address,
    private readonly size: { outputs: number; devices: number },
  ) {
    unreachable.register(this, { api, address });
  }

  /** Bytes that the program needs on a device, as the compiler counted them. */
  memoryUse(): MemoryUse {
    const executable = this.api
      .call('loadedExecutableGetExecutable', new Struct(32).set(16, this.address))
      .get(24);
    try {
      return memoryUseOf(this.api, executable);
    } finally {
      this.api.call('executableDestroy', new Struct(24).set(16, executable));
    }
  }

  /**
   * Runs the program on another thread, so the event loop stays free. Donated arguments are invalid afterwards.
   * @param inputs the buffers of each argument, one for each device
   * @returns the buffers of each result, one for each device
   */
  async execute(inputs: readonly (readonly Address[])[]): Promise<Address[][]> {
    const call = new ExecuteCall(this.address, inputs, this.size);
    await this.api.callAsync('loadedExecutableExecute', call.args);
    for (const event of call.events) await this.api.awaitAsync(event);
    return call.results();
  }

  /** Runs the program on the calling thread. */
  executeSync(inputs: readonly (readonly Address[])[]): Address[][] {
    const call = new ExecuteCall(this.address, inputs, this.size);
    this.api.call('loadedExecutableExecute', call.args);
    for (const event of call.events) this.api.await(event);
    return call.results();
  }
}

/** The arguments of one execution, with the memory that receives its results: lists for each device. */
class ExecuteCall {
  readonly args: Struct;
  /** One for each device: it has completed. */
  readonly events: BigUint64Array;
  private readonly outputs: readonly BigUint64Array[];

  constructor(
    executable: Address,
    inputs: readonly (readonly Address[])[],
    { outputs, devices }: { outputs: number; devices: number },
  ) {
    const perDevice = Array.from({ length: devices }, (_, device) =>
      BigUint64Array.from(inputs, (buffers) => buffers[device]),
    );
    this.outputs = perDevice.map(() => new BigUint64Array(outputs));
    this.events = new BigUint64Array(devices);
    const addresses = (lists: readonly BigUint64Array[]) => BigUint64Array.from(lists, addressOf);
    this.args = new Struct(80)
      .set(16, executable)
      .set(24, new Struct(112))
      .set(32, addresses(perDevice))
      .set(40, devices)
      .set(48, inputs.length)
      .set(56, addresses(this.outputs))
      .set(64, this.events)
      .keep(perDevice, this.outputs);
  }

  results(): Address[][] {
    return Array.from(this.outputs[0], (_, index) => this.outputs.map((list) => list[index]));
  }
}

const unreachable = new FinalizationRegistry<{ api: PjrtApi; address: Address }>(({ api, address }) =>
  api.call('loadedExecutableDestroy', new Struct(24).set(16, address)),
);

let current: XlaClient | null = null;

/** The client of the device that OPEN_CHATGPT_DEVICE names, created at first use. */
export function xlaClient(): XlaClient {
  current ??= openClient();
  return current;
}

/** Devices over which this process may divide a model. ONNX Runtime has one. */
export function deviceCount(): number {
  return currentDevice().engine === 'xla' ? xlaClient().devices.length : 1;
}

/** Bytes of the arrays on each device of this process: of weights, gradients, moments, and inputs and outputs of programs. */
export function deviceBytes(): number[] {
  return xlaClient().memory.bytes();
}

function openClient(): XlaClient {
  const device = currentDevice();
  if (device.engine !== 'xla') throw new Error('OPEN_CHATGPT_DEVICE names no device of XLA');
  // The plugin reads these variables when it starts: the size of its thread pool (xla/pjrt/utils.cc), and errors only.
  process.env.NPROC ??= String(threadCount());
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const { library, cudaFolder, preload } = findPlugin(device.platform);
  if (cudaFolder)
    process.env.XLA_FLAGS = `${process.env.XLA_FLAGS ?? ''} --xla_gpu_cuda_data_dir=${cudaFolder}`.trim();
  for (const path of preload) loadLibrary(path, 'a library of the XLA plugin');
  return new XlaClient(new PjrtApi(library), clientOptions(device));
}

/** @param device one of XLA */
function clientOptions(device: Extract<DeviceSpec, { engine: 'xla' }>): ClientOptions {
  if (device.platform === 'cpu') return { cpu_device_count: device.count };
  return device.devices === 'all' ? {} : { visible_devices: device.devices };
}
