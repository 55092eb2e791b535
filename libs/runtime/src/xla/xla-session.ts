import { encodeModule, type Graph, liveNodes, type TypedArray } from '@open-chatgpt/autodiff';
import { type Bindings, bindingSizes, type Slots } from '../bindings';
import type { BoundRun, Session } from '../session';
import { type Mesh, meshShape, type Sharding } from '../sharding';
import type { Tensor } from '../tensor';
import { type Executable, xlaClient } from './client';
import { XlaArray } from './device-array';
import type { MemoryUse } from './memory-use';
import type { Address } from './pjrt-api';

/**
 * A graph that XLA compiles at the first binding of each combination of sizes. Tensors stay on the device between runs; a
 * tensor that is both an input and an output is overwritten there.
 */
export class XlaSession implements Session {
  private readonly programs = new Map<string, Program>();

  private constructor(
    private readonly graph: Graph,
    readonly inputs: Slots,
    readonly outputs: Slots,
  ) {}

  static create(graph: Graph): XlaSession {
    const live = new Set(liveNodes(graph).inputs);
    const inputs = graph.inputs.filter((input) => live.has(input));
    return new XlaSession(graph, new Map(inputs.map((input) => [input.name, input])), graph.outputs);
  }

  bind(inputs: Bindings, outputs: Bindings): XlaRun {
    const sizes = bindingSizes(this, inputs, outputs);
    const aliases = new Map<string, string>();
    for (const [name, tensor] of Object.entries(inputs)) {
      const output = Object.keys(outputs).find((candidate) => outputs[candidate] === tensor);
      if (output !== undefined) aliases.set(name, output);
    }
    const layout = layOut({ ...inputs, ...outputs });
    return new XlaRun(this.programOf(sizes, aliases, layout), inputs, outputs, layout);
  }

  private programOf(sizes: Map<string, number>, aliases: Map<string, string>, layout: Layout): Program {
    const shardings = new Map([...layout.shardings].map(([name, { axes }]) => [name, axes]));
    const key = JSON.stringify([[...sizes], [...aliases], layout.mesh, [...shardings]]);
    const known = this.programs.get(key);
    if (known) return known;
    const mesh = layout.mesh ? meshShape(layout.mesh) : undefined;
    const module = encodeModule(this.graph, { sizes, aliases, mesh, shardings });
    const client = xlaClient();
    const executable = client.compile(module.text, module.outputs.length, client.devicesOf(layout.mesh));
    const program = { executable, inputs: module.inputs, outputs: module.outputs };
    this.programs.set(key, program);
    return program;
  }
}

interface Program {
  executable: Executable;
  inputs: readonly string[];
  outputs: readonly string[];
}

/** The mesh of a program, null for one device, and the sharding of each tensor on it. */
interface Layout {
  mesh: Mesh | null;
  shardings: ReadonlyMap<string, Sharding>;
}

/** @throws Error naming two tensors that lie on different meshes */
function layOut(tensors: Bindings): Layout {
  const sharded = Object.entries(tensors).flatMap(([name, { sharding }]) =>
    sharding ? [{ name, sharding }] : [],
  );
  if (sharded.length === 0) return { mesh: null, shardings: new Map() };
  const [first] = sharded;
  const { mesh } = first.sharding;
  const other = sharded.find(({ sharding }) => JSON.stringify(sharding.mesh) !== JSON.stringify(mesh));
  if (other)
    throw new Error(
      `"${first.name}" lies on the mesh ${JSON.stringify(mesh)} and "${other.name}" on ${JSON.stringify(other.sharding.mesh)}: ` +
        'one program has one mesh',
    );
  const whole = (shape: readonly number[]): Sharding => ({ mesh, axes: shape.map(() => []) });
  const shardings = Object.entries(tensors).map(([name, { sharding, shape }]): [string, Sharding] => [
    name,
    sharding ?? whole(shape),
  ]);
  return { mesh, shardings: new Map(shardings) };
}

class XlaRun implements BoundRun {
  private readonly executable: Executable;
  private readonly arguments: readonly { tensor: Tensor; sharding: Sharding | null }[];
  private readonly results: readonly { tensor: Tensor; sharding: Sharding | null }[];
  private readonly offloaded: readonly Tensor[];

  constructor(program: Program, inputs: Bindings, outputs: Bindings, { shardings }: Layout) {
    const shardingOf = (name: string) => shardings.get(name) ?? null;
    this.executable = program.executable;
    this.arguments = program.inputs.map((name) => ({ tensor: inputs[name], sharding: shardingOf(name) }));
    this.results = program.outputs.map((name) => ({ tensor: outputs[name], sharding: shardingOf(name) }));
    const used = [...this.arguments, ...this.results].map(({ tensor }) => tensor);
    this.offloaded = used.filter(({ home }) => home === 'host');
  }

  /** Bytes that a run needs on each device, as the compiler counted them. */
  memoryUse(): MemoryUse {
    return this.executable.memoryUse();
  }

  async run(): Promise<void> {
    this.finish(await this.executable.execute(this.buffers()));
  }

  runSync(): void {
    this.finish(this.executable.executeSync(this.buffers()));
  }

  private buffers(): (readonly Address[])[] {
    const client = xlaClient();
    return this.arguments.map(({ tensor, sharding }) => {
      const { dtype, shape } = tensor;
      const upload = (data: TypedArray) => XlaArray.upload(client, dtype, shape, data, sharding);
      return tensor.toDevice(sharding, upload).buffers;
    });
  }

  private finish(computed: readonly Address[][]): void {
    const client = xlaClient();
    this.results.forEach(({ tensor, sharding }, index) => {
      tensor.adopt(new XlaArray(client, computed[index], tensor.dtype, tensor.shape, sharding));
    });
    for (const tensor of this.offloaded) tensor.toHost();
  }
}
