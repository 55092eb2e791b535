import { allocate, Tensor } from '@open-chatgpt/runtime';
import { type KeyValueSizes, keyValueBytes } from '../decoder/key-value-bytes';

/**
 * The keys and values of all tokens so far: for each layer one buffer of keys and one of values, [rows, Hk, length,
 * headDim]. The tokens of a row occupy its positions 0 … n − 1. The kernel does not read the positions after them.
 */
export class KeyValueCache {
  /** Keys and values of all layers by the names of the graph's inputs. */
  private readonly buffers = new Map<string, Float32Array>();
  private readonly heads: number;
  private readonly headDim: number;

  constructor(
    private readonly config: KeyValueSizes,
    readonly rows: number,
    readonly length: number,
  ) {
    this.heads = config.numKeyValueHeads;
    this.headDim = config.headDim;
    for (let layer = 0; layer < config.numHiddenLayers; layer++) {
      for (const name of [`Key.${layer}`, `Value.${layer}`]) {
        this.buffers.set(name, this.allocateBuffer());
      }
    }
  }

  get bytes(): number {
    return keyValueBytes(this.config, this.rows, this.length);
  }

  /** Rows [first, first + count) as inputs and outputs of a run. Both share the memory, which the kernel extends in place. */
  bindings(first: number, count: number): { past: Record<string, Tensor>; present: Record<string, Tensor> } {
    const past: Record<string, Tensor> = {};
    const present: Record<string, Tensor> = {};
    const shape = [count, this.heads, this.length, this.headDim];
    for (const [name, buffer] of this.buffers) {
      const part = buffer.subarray(first * this.rowElements, (first + count) * this.rowElements);
      const tensor = new Tensor('float32', shape, part);
      past[`past${name}`] = tensor;
      present[`present${name}`] = tensor;
    }
    return { past, present };
  }

  /** Gives the memory up, to the garbage collector. */
  release(): void {
    this.buffers.clear();
  }

  /** Copies the first `tokens` tokens of a row of `source` (by default this cache) over the row `to`. */
  copyRow(from: number, to: number, tokens: number, source: KeyValueCache = this): void {
    if (source === this && from === to) return;
    const size = tokens * this.headDim;
    for (const [name, target] of this.buffers) {
      const data = source.buffers.get(name)!;
      for (let head = 0; head < this.heads; head++) {
        const start = (from * this.heads + head) * source.length * this.headDim;
        target.set(data.subarray(start, start + size), (to * this.heads + head) * this.length * this.headDim);
      }
    }
  }

  private allocateBuffer(): Float32Array {
    try {
      return allocate('float32', this.rows * this.rowElements) as Float32Array;
    } catch {
      const gigabytes = this.bytes / 2 ** 30;
      throw new Error(
        `generation: not enough memory for a key-value cache of ${gigabytes.toFixed(1)} GB (${this.rows} rows of ` +
          `${this.length} tokens); lower batchSize or maxNewTokens`,
      );
    }
  }

  private get rowElements(): number {
    return this.heads * this.length * this.headDim;
  }
}
