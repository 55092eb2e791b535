import type { Graph } from '@open-chatgpt/autodiff';
import type { ModelConfig } from '@open-chatgpt/models';
import { type BoundRun, type Mesh, type Session, type Sharding, Tensor } from '@open-chatgpt/runtime';
import { copyRowGraph, emptyGraph, growGraph } from './cache-graphs';

/** R rows of S tokens. */
export interface CacheSize {
  readonly rows: number;
  readonly length: number;
}

/** Compiles a graph, once for each key. */
export type Compile = (key: string, build: () => Graph) => Session;

/** The keys and values of each layer in the memory of devices, [R, Hk, S, D]. On a mesh, `tensor` divides the heads. */
export class DeviceCache {
  private readonly shape: readonly number[];
  /** Keys and values of all layers by name. */
  private readonly tensors: Readonly<Record<string, Tensor>>;
  private copy: { from: Tensor; to: Tensor; bound: BoundRun } | null = null;

  /** @param previous a cache that is not larger, whose contents this one takes over; otherwise it is zero */
  constructor(
    private readonly compile: Compile,
    { numHiddenLayers, numKeyValueHeads, headDim }: ModelConfig,
    readonly size: CacheSize,
    mesh: Mesh | null,
    previous: DeviceCache | null,
  ) {
    this.shape = [size.rows, numKeyValueHeads, size.length, headDim];
    const sharding: Sharding | null = mesh && { mesh, axes: [[], ['tensor'], [], []] };
    const layers = Array.from({ length: numHiddenLayers }, (_, layer) => layer);
    const names = layers.flatMap((layer) => [`Key.${layer}`, `Value.${layer}`]);
    this.tensors = Object.fromEntries(
      names.map((name) => [name, this.allocate(sharding, previous?.tensors[name])]),
    );
  }

  get bytes(): number {
    const elements = this.shape.reduce((product, size) => product * size, 1);
    return Object.keys(this.tensors).length * elements * Float32Array.BYTES_PER_ELEMENT;
  }

  /** Inputs and outputs of a step. A run extends the cache in place. */
  get bindings(): { past: Record<string, Tensor>; present: Record<string, Tensor> } {
    return { past: this.named('past'), present: this.named('present') };
  }

  /** Frees the memory on the devices. */
  release(): void {
    for (const tensor of Object.values(this.tensors)) tensor.clear();
  }

  copyRow(from: number, to: number): void {
    this.copy ??= this.bindCopy();
    this.copy.from.int64s[0] = BigInt(from);
    this.copy.to.int64s[0] = BigInt(to);
    this.copy.bound.runSync();
  }

  private allocate(sharding: Sharding | null, previous: Tensor | undefined): Tensor {
    const tensor = Tensor.zeros('float32', this.shape, 'device');
    tensor.shard(sharding);
    const { shape } = this;
    if (previous) {
      const session = this.compile(`grow|${previous.shape}|${shape}`, () => growGraph(previous.shape, shape));
      session.bind({ cache: previous }, { grown: tensor }).runSync();
    } else {
      this.compile(`empty|${shape}`, () => emptyGraph(shape))
        .bind({}, { cache: tensor })
        .runSync();
    }
    return tensor;
  }

  private bindCopy() {
    const [from, to] = [Tensor.zeros('int64', [1]), Tensor.zeros('int64', [1])];
    const names = Object.keys(this.tensors);
    const session = this.compile(`copy|${this.shape}`, () => copyRowGraph(names, this.shape));
    return { from, to, bound: session.bind({ from, to, ...this.tensors }, this.named('new:')) };
  }

  private named(prefix: string): Record<string, Tensor> {
    return Object.fromEntries(Object.entries(this.tensors).map(([name, tensor]) => [prefix + name, tensor]));
  }
}
