import type { Graph } from '@open-chatgpt/autodiff';
import type { ModelConfig } from '@open-chatgpt/models';
import { type BoundRun, type Mesh, type Session, type Sharding, Tensor } from '@open-chatgpt/runtime';
import { keyValueBytes } from '../decoder/key-value-bytes';
import { copyRowGraph, emptyGraph, growGraph } from './cache-graphs';

/** R rows of S tokens. */
export interface CacheSize {
  readonly rows: number;
  readonly length: number;
}

/** Compiles a graph, once for each key. */
export type Compile = (key: string, build: () => Graph) => Session;

interface RowCopy {
  /** [1] */
  from: Tensor;
  to: Tensor;
  bound: BoundRun;
}

/** The keys and values of each layer in the memory of devices, [R, Hk, S, D]. On a mesh, `tensor` divides the heads. */
export class DeviceCache {
  private readonly shape: readonly number[];
  /** Keys and values of all layers by name. */
  private readonly tensors: Readonly<Record<string, Tensor>>;
  private copy: RowCopy | null = null;

  /** @param previous a cache that is not larger, whose contents this one takes over; otherwise it is zero */
  constructor(
    private readonly compile: Compile,
    private readonly config: ModelConfig,
    readonly size: CacheSize,
    mesh: Mesh | null,
    previous: DeviceCache | null,
  ) {
    const { numHiddenLayers, numKeyValueHeads, headDim } = config;
    this.shape = [size.rows, numKeyValueHeads, size.length, headDim];
    const sharding: Sharding | null = mesh && { mesh, axes: [[], ['tensor'], [], []] };
    const layers = Array.from({ length: numHiddenLayers }, (_, layer) => layer);
    const names = layers.flatMap((layer) => [`Key.${layer}`, `Value.${layer}`]);
    this.tensors = Object.fromEntries(
      names.map((name) => [name, this.allocate(sharding, previous?.tensors[name])]),
    );
  }

  get bytes(): number {
    const { rows, length } = this.size;
    return keyValueBytes(this.config, rows, length);
  }

  /** Inputs and outputs of a step. A run extends the cache in place. */
  get bindings(): { past: Record<string, Tensor>; present: Record<string, Tensor> } {
    return { past: this.named('past'), present: this.named('present') };
  }

  /** Frees the memory on the devices. */
  release(): void {
    for (const tensor of Object.values(this.tensors)) tensor.clear();
  }

  /** Copies a row of `source` over a row of this cache, with as many tokens as both have room for. */
  copyRow(from: number, to: number, source: DeviceCache = this): void {
    const copy = (source === this ? this.copy : null) ?? this.bindCopy(source);
    if (source === this) this.copy = copy;
    copy.from.int64s[0] = BigInt(from);
    copy.to.int64s[0] = BigInt(to);
    copy.bound.runSync();
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

  private bindCopy(source: DeviceCache): RowCopy {
    const [from, to] = [Tensor.zeros('int64', [1]), Tensor.zeros('int64', [1])];
    const names = Object.keys(this.tensors);
    const other = source === this ? null : source;
    const session = this.compile(`copy|${this.shape}|${other?.shape}`, () =>
      copyRowGraph(names, this.shape, other?.shape),
    );
    const inputs = { from, to, ...this.tensors, ...other?.named('source:') };
    return { from, to, bound: session.bind(inputs, this.named('new:')) };
  }

  private named(prefix: string): Record<string, Tensor> {
    return Object.fromEntries(Object.entries(this.tensors).map(([name, tensor]) => [prefix + name, tensor]));
  }
}
