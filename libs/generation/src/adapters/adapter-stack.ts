import { type Adapter, linearModules, type ModelConfig } from '@open-chatgpt/models';
import { allocate, Tensor } from '@open-chatgpt/runtime';
import { MASK, stackedA, stackedB } from './adapted-layer';

/** The adapter of each row of a run; null for the base alone. */
export type RowAdapters = readonly (Adapter | null)[];

/**
 * The factors of several adapters, one below the other, so that one product of rank K = Σ rank covers them all. A mask [N, K]
 * keeps for each token the ranks of its adapter only, as S-LoRA does with segments in a kernel (Sheng et al. 2023,
 * https://arxiv.org/abs/2311.03285).
 */
export class AdapterStack {
  /** The factors of all layers by the names of the graph's inputs. Zero where an adapter does not change a layer. */
  private readonly tensors: Readonly<Record<string, Tensor>>;
  /** The first rank of each adapter. */
  private readonly starts = new Map<Adapter, number>();
  private readonly rank: number;

  constructor(config: ModelConfig, adapters: Iterable<Adapter>) {
    let rank = 0;
    for (const adapter of adapters) {
      this.starts.set(adapter, rank);
      rank += adapter.rank;
    }
    // Kernels need at least one rank, of zeros.
    this.rank = Math.max(rank, 1);
    const zeros = new Map<number, Tensor>();
    const tensors: Record<string, Tensor> = {};
    for (const { name, inFeatures, outFeatures } of linearModules(config)) {
      tensors[stackedA(name)] = this.stacked(name, 'a', inFeatures, zeros);
      tensors[stackedB(name)] = this.stacked(name, 'b', outFeatures, zeros);
    }
    this.tensors = tensors;
  }

  /** Whether it has these adapters and no others. */
  isOf(adapters: ReadonlySet<Adapter>): boolean {
    return adapters.size === this.starts.size && [...adapters].every((adapter) => this.starts.has(adapter));
  }

  /** The inputs of a graph with adapted layers. */
  inputs(mask: Tensor): Record<string, Tensor> {
    return { ...this.tensors, [MASK]: mask };
  }

  /** The mask of rows of `length` tokens, which allows nothing. */
  createMask(rows: number, length: number): Tensor {
    return Tensor.zeros('float32', [rows * length, this.rank]);
  }

  /** Sets the mask of `rows` rows that have these adapters; without an entry, none. */
  setMask(mask: Tensor, adapters: RowAdapters, rows: number): void {
    const { floats } = mask;
    floats.fill(0);
    const size = floats.length / rows;
    adapters.forEach((adapter, row) => {
      if (!adapter) return;
      const start = this.starts.get(adapter);
      if (start === undefined) throw new Error('generation: a row has an adapter that is not in use');
      for (let at = row * size + start; at < (row + 1) * size; at += this.rank)
        floats.fill(1, at, at + adapter.rank);
    });
  }

  private stacked(name: string, factor: 'a' | 'b', width: number, zeros: Map<number, Tensor>): Tensor {
    const parts = [...this.starts].flatMap(([{ factors }, start]) => {
      const data = factors.get(name)?.[factor];
      return data ? [{ data, start }] : [];
    });
    const known = parts.length === 0 ? zeros.get(width) : undefined;
    if (known) return known;
    const data = allocate('float32', this.rank * width) as Float32Array;
    for (const part of parts) data.set(part.data, part.start * width);
    const tensor = new Tensor('float32', [this.rank, width], data);
    if (parts.length === 0) zeros.set(width, tensor);
    return tensor;
  }
}
