import { createHash } from 'node:crypto';
import { encodeModule, type Graph } from '@open-chatgpt/autodiff';
import { type Mesh, meshShape, meshSize, type Sharding } from '../sharding';
import { type Collectives, collectivesOf } from './collectives';
import { compileOptions } from './compile-options';
import { withEmptyAssembler } from './empty-assembler';
import { type GpuTarget, targetConfig } from './gpu-targets';
import { type MemoryUse, memoryUseOf } from './memory-use';
import { type Address, PjrtApi, Struct } from './pjrt-api';
import { gpuCompiler } from './plugin-path';
import { loadQuietly } from './quiet-load';

/** What a compiled program needs on each device, and what the devices exchange in one run. */
export interface CompiledAhead {
  memory: MemoryUse;
  collectives: Collectives;
}

/** Shardings of inputs and outputs by name. Those without one are whole on each device. */
export type ShardingOf = (name: string, shape: readonly number[]) => Sharding | null;

/** Compiles programs for GPUs that this machine does not have. It needs neither a GPU nor a driver. */
export class GpuCompiler {
  /** Seconds that the compiler has worked. */
  seconds = 0;
  private readonly api: PjrtApi;
  private readonly topologies = new Map<number, Address>();
  /** By the text of the program: models of a pipeline share blocks. */
  private readonly compiled = new Map<string, CompiledAhead>();

  /** @throws MachineError when the compiler is not installed */
  constructor(private readonly target: GpuTarget) {
    const { library, cudaFolder } = gpuCompiler();
    const flags = [
      // Without a GPU, kernels cannot be tried out.
      '--xla_gpu_autotune_level=0',
      // No kernel is executed. LLVM optimizes them after memory is assigned, so no figure depends on it.
      '--xla_backend_optimization_level=0',
      ...(cudaFolder ? [`--xla_gpu_cuda_data_dir=${withEmptyAssembler(cudaFolder)}`] : []),
    ];
    process.env.XLA_FLAGS = [process.env.XLA_FLAGS ?? '', ...flags].join(' ').trim();
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
    this.api = loadQuietly(() => new PjrtApi(library));
  }

  /** @throws Error with the compiler's message */
  compile(graph: Graph, mesh: Mesh, shardingOf: ShardingOf): CompiledAhead {
    const named = [...graph.inputs.map((input) => [input.name, input] as const), ...graph.outputs];
    const shardings = named.flatMap(([name, { shape }]) => {
      const sharding = shardingOf(name, shape.map(Number));
      return sharding ? [[name, sharding.axes] as const] : [];
    });
    const { text } = encodeModule(graph, { mesh: meshShape(mesh), shardings: new Map(shardings) });
    const key = createHash('sha256').update(text).digest('hex');
    const compiled = this.compiled.get(key) ?? this.compileText(text, meshSize(mesh));
    this.compiled.set(key, compiled);
    return compiled;
  }

  private compileText(text: string, devices: number): CompiledAhead {
    const started = performance.now();
    const program = new Struct(48).setBytes(16, Buffer.from(text)).setBytes(32, Buffer.from('mlir'));
    const args = new Struct(64)
      .set(16, this.topology(devices))
      .set(24, program)
      .setBytes(32, compileOptions(Array.from({ length: devices }, (_, id) => id)));
    const executable = this.api.call('compile', args).get(56);
    this.seconds += (performance.now() - started) / 1000;
    try {
      return { memory: memoryUseOf(this.api, executable), collectives: this.collectives(executable) };
    } finally {
      this.api.call('executableDestroy', new Struct(24).set(16, executable));
    }
  }

  /** @param devices 8 on a host at most; a multiple of 8 is several hosts */
  private topology(devices: number): Address {
    const known = this.topologies.get(devices);
    if (known !== undefined) return known;
    const hosts = Math.ceil(devices / 8);
    const options = { target_config: targetConfig(this.target), topology: `1x${hosts}x${devices / hosts}` };
    const values = Object.entries(options).map(([name, text]) =>
      new Struct(56).setBytes(16, Buffer.from(name)).setBytes(40, Buffer.from(text)),
    );
    const list = Buffer.concat(values.map(({ bytes }) => bytes));
    const args = new Struct(56)
      .setBytes(16, Buffer.from('target'))
      .set(32, list)
      .set(40, values.length)
      .keep(values);
    const topology = this.api.call('topologyCreate', args).get(48);
    this.topologies.set(devices, topology);
    return topology;
  }

  private collectives(executable: Address): Collectives {
    const program = new Struct(48);
    const args = new Struct(32).set(16, executable).set(24, program);
    this.api.call('executableOptimizedProgram', args);
    // The first call says the size, the second one writes.
    const code = Buffer.alloc(Number(program.get(24)));
    program.set(16, code);
    this.api.call('executableOptimizedProgram', args);
    return collectivesOf(code, program.text(32));
  }
}
