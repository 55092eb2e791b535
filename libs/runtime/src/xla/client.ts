import { currentDevice, type DeviceSpec } from '../device';
import { loadLibrary } from '../native-library';
import { threadCount } from '../ort/environment';
import { processGroup } from '../process-group';
import { type Mesh, meshSize } from '../sharding';
import { compileOptions } from './compile-options';
import { DeviceMemory } from './device-memory';
import { joinHosts, type KeyValueCallbacks } from './hosts/join-hosts';
import { type MemoryUse, memoryUseOf } from './memory-use';
import { type Address, addressOf, PjrtApi, readAddresses, Struct } from './pjrt-api';
import { findPlugin } from './plugin-path';

/** Options of a plugin by name. */
type ClientOptions = Readonly<Record<string, number | readonly number[]>>;

/** What has been compiled in this process. */
export interface Compilations {
  programs: number;
  /** The compiler's work. */
  seconds: number;
}

/** A device of this process or, in a group of processes, of another one. */
export interface Device {
  /** Unique over all processes. */
  readonly id: number;
  readonly address: Address;
  readonly local: boolean;
}

/** The XLA client of this process: one plugin and its devices. Two live clients in one process are not supported by PJRT. */
export class XlaClient {
  /** Of all processes of the group, by number. */
  readonly devices: readonly Device[];
  readonly handle: Address;
  readonly memory: DeviceMemory;
  readonly compilations: Compilations = { programs: 0, seconds: 0 };
  private readonly compiled = new Map<string, Executable>();
  private launched: Promise<unknown> = Promise.resolve();

  /**
   * @param options of the plugin by name, such as `cpu_device_count`
   * @param callbacks what the plugin calls to learn of the other processes of its group
   */
  constructor(
    readonly api: PjrtApi,
    options: ClientOptions,
    callbacks?: KeyValueCallbacks,
  ) {
    this.handle = api.call('clientCreate', createArguments(options, callbacks)).get(64);
    const local = new Set(this.addresses('clientAddressableDevices'));
    this.devices = this.addresses('clientDevices')
      .map((address) => ({ id: this.idOf(address), address, local: local.has(address) }))
      .sort((a, b) => a.id - b.id);
    this.memory = new DeviceMemory(api, local.size);
  }

  /** The devices of a mesh, in its order; without a mesh, one of this process. */
  devicesOf(mesh: Mesh | null): readonly Device[] {
    return mesh
      ? this.devices.slice(0, meshSize(mesh))
      : this.devices.filter(({ local }) => local).slice(0, 1);
  }

  /** Compiles a StableHLO module for devices, in the order of its mesh. @throws Error with the compiler's message */
  compile(module: string, outputs: number, devices: readonly Device[]): Executable {
    const program = new Struct(48).setBytes(16, Buffer.from(module)).setBytes(32, Buffer.from('mlir'));
    const ids = devices.map(({ id }) => id);
    const args = new Struct(56).set(16, this.handle).set(24, program).setBytes(32, compileOptions(ids));
    const local = devices.filter((device) => device.local).length;
    const started = performance.now();
    const address = this.api.call('clientCompile', args).get(48);
    this.compilations.programs++;
    this.compilations.seconds += (performance.now() - started) / 1000;
    return new Executable(this, address, { outputs, devices: local });
  }

  /** As `compile`, once for each module. */
  compileOnce(module: string, outputs: number, devices: readonly Device[]): Executable {
    const known = this.compiled.get(module) ?? this.compile(module, outputs, devices);
    this.compiled.set(module, known);
    return known;
  }

  /**
   * Starts programs over several devices one after the other. Each device runs what it receives in that order: if two devices received two
   * programs in different orders, the collectives of each program would wait for the other for ever.
   */
  launchInOrder<T>(launch: () => Promise<T>): Promise<T> {
    const launching = this.launched.then(launch);
    this.launched = launching.catch(() => {});
    return launching;
  }

  private addresses(list: 'clientDevices' | 'clientAddressableDevices'): Address[] {
    const { api, handle } = this;
    const found = api.call(list, new Struct(40).set(16, handle));
    return readAddresses(found.get(24), Number(found.get(32)));
  }

  private idOf(device: Address): number {
    const { api } = this;
    const description = api.call('deviceGetDescription', new Struct(32).set(16, device)).get(24);
    return api.call('deviceDescriptionId', new Struct(28).set(16, description)).bytes.readInt32LE(24);
  }
}

/** The arguments of PJRT_Client_Create with its options: an array of PJRT_NamedValue structs, of integers or lists of them. */
function createArguments(options: ClientOptions, callbacks?: KeyValueCallbacks): Struct {
  const [integer, integers] = [1, 2];
  const values = Object.entries(options).map(([name, value]) => {
    const struct = new Struct(56).setBytes(16, Buffer.from(name));
    return typeof value === 'number'
      ? struct.set(32, integer).set(40, value).set(48, 1)
      : struct.set(32, integers).set(40, BigInt64Array.from(value, BigInt)).set(48, value.length);
  });
  const list = Buffer.concat(values.map(({ bytes }) => bytes));
  const args = new Struct(88).set(16, list).set(24, values.length).keep(values);
  return callbacks ? args.set(32, callbacks.get).set(48, callbacks.put).set(72, callbacks.tryGet) : args;
}

/** A compiled program. */
export class Executable {
  constructor(
    private readonly client: XlaClient,
    private readonly address: Address,
    private readonly size: { outputs: number; devices: number },
  ) {
    unreachable.register(this, { api: client.api, address });
  }

  /** Bytes that the program needs on a device, as the compiler counted them. */
  memoryUse(): MemoryUse {
    const { api } = this.client;
    const executable = api
      .call('loadedExecutableGetExecutable', new Struct(32).set(16, this.address))
      .get(24);
    try {
      return memoryUseOf(api, executable);
    } finally {
      api.call('executableDestroy', new Struct(24).set(16, executable));
    }
  }

  /**
   * Runs the program on another thread, so the event loop stays free. Donated arguments are invalid afterwards.
   * @param inputs the buffers of each argument, one for each device of this process
   * @returns the buffers of each result, one for each device of this process
   */
  async execute(inputs: readonly (readonly Address[])[]): Promise<Address[][]> {
    const call = new ExecuteCall(this.address, inputs, this.size);
    const { api } = this.client;
    const launch = () => api.callAsync('loadedExecutableExecute', call.args);
    await (this.size.devices > 1 ? this.client.launchInOrder(launch) : launch());
    for (const event of call.events) await api.awaitAsync(event);
    return call.results();
  }

  /** Runs the program on the calling thread. */
  executeSync(inputs: readonly (readonly Address[])[]): Address[][] {
    const call = new ExecuteCall(this.address, inputs, this.size);
    const { api } = this.client;
    api.call('loadedExecutableExecute', call.args);
    for (const event of call.events) api.await(event);
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

/** Devices over which a model may be divided, of all processes of the group. ONNX Runtime has one. */
export function deviceCount(): number {
  return currentDevice().engine === 'xla' ? xlaClient().devices.length : 1;
}

/** What XLA has compiled in this process so far. */
export function compilations(): Compilations {
  return { ...(current?.compilations ?? { programs: 0, seconds: 0 }) };
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
  const group = processGroup();
  if (!group) return new XlaClient(new PjrtApi(library), clientOptions(device));
  const options = { ...clientOptions(device), node_id: group.rank, num_nodes: group.size };
  return new XlaClient(new PjrtApi(library), options, joinHosts(group));
}

/** @param device one of XLA */
function clientOptions(device: Extract<DeviceSpec, { engine: 'xla' }>): ClientOptions {
  if (device.platform === 'cpu') return { cpu_device_count: device.count };
  return device.devices === 'all' ? {} : { visible_devices: device.devices };
}
