import {
  attribute,
  cachedAttention,
  expand,
  type Graph,
  reshape,
  rope,
  slice,
  type Value,
  writeAt,
} from '@open-chatgpt/autodiff';
import { familyOf, type Model, TrainingContext } from '@open-chatgpt/models';
import type { CacheSize } from './device-cache';

/** The sizes of one program: B rows with T new tokens each, in a cache. */
export interface StepSizes {
  rows: number;
  tokens: number;
  cache: CacheSize;
}

/**
 * The context of a step on a device: that of training in float32, with attention to a cache [R, Hk, S, D] of each layer's keys and
 * values, in which the new tokens are written first. Sizes are fixed, so rows and positions are inputs: `positions` [B, T],
 * where S stands for padding, which is not written.
 *
 * A step of one token is in the rows 0 … B − 1. A step of more, a prefill, is in the rows of the input `rows` [B], R for none.
 * It first clears the rows of `cleared` [B]: what an earlier answer left there may not be finite.
 */
export class StepContext extends TrainingContext {
  private readonly at: Value;

  constructor(
    graph: Graph,
    model: Model,
    private readonly sizes: StepSizes,
    adapter: boolean,
  ) {
    super(
      graph,
      { ...model, bf16: false },
      { batch: sizes.rows, length: sizes.tokens, adapter, gradients: false },
    );
    this.at = graph.input('positions', 'int64', [sizes.rows, sizes.tokens]);
  }

  override get positions(): Value {
    return reshape(this.at, [this.tokens]);
  }

  override attention(q: Value, k: Value, v: Value, layer: number): Value {
    const { numAttentionHeads, numKeyValueHeads, headDim, slidingWindow } = this.config;
    const { rows, tokens } = this.sizes;
    const split = (x: Value) => reshape(x, [rows, tokens, Number(x.shape[1])]);
    const rotate = (x: Value, heads: number) =>
      familyOf(this.config).rotary ? rope(split(x), this.rotaryTables(), heads) : split(x);
    const perHead = [rows, tokens, numKeyValueHeads, headDim];
    const keys = this.extended('Key', layer, reshape(rotate(k, numKeyValueHeads), perHead));
    const values = this.extended('Value', layer, reshape(v, perHead));
    const place = { positions: this.at, slidingWindow };
    const attended = cachedAttention(rotate(q, numAttentionHeads), keys, values, place);
    return reshape(attended, [this.tokens, numAttentionHeads * headDim]);
  }

  /** Writes new tokens [B, T, Hk, D] into a layer's cache. Returns its rows of this step, [B, Hk, S, D]. */
  private extended(kind: 'Key' | 'Value', layer: number, added: Value): Value {
    const { graph } = this;
    const { numKeyValueHeads, headDim } = this.config;
    const { rows, tokens, cache } = this.sizes;
    const rest = [numKeyValueHeads, cache.length, headDim];
    const past = graph.input(`past${kind}.${layer}`, 'float32', [cache.rows, ...rest]);
    const prefill = tokens > 1;
    const cleared = prefill ? this.clear(past) : past;
    const present = writeAt(cleared, [0, 2], [this.rowOfEachToken(), this.at], added);
    graph.output(`present${kind}.${layer}`, present);
    if (!prefill) return slice(present, 0, 0, rows);
    const shape = [rows, ...rest];
    return graph.node('Gather', [present, this.rows()], { axis: attribute.int(0) }, [{ shape }])[0];
  }

  private clear(past: Value): Value {
    const { graph } = this;
    const { rows } = this.sizes;
    const zeros = graph.memo('zeros', () => {
      const zero = graph.constant('float32', [1, 1, 1, 1], new Float32Array(1));
      return expand(zero, [rows, ...past.shape.slice(1)]);
    });
    const cleared = graph.memo('cleared', () => graph.input('cleared', 'int64', [rows]));
    return writeAt(past, [0], [cleared], zeros);
  }

  private rows(): Value {
    const { rows, tokens } = this.sizes;
    const { graph } = this;
    return graph.memo('rows', () =>
      tokens > 1
        ? graph.input('rows', 'int64', [rows])
        : graph.int64s(Array.from({ length: rows }, (_, row) => row)),
    );
  }

  private rowOfEachToken(): Value {
    const { rows, tokens } = this.sizes;
    return this.graph.memo('rowOfEachToken', () => expand(reshape(this.rows(), [rows, 1]), [rows, tokens]));
  }

  private rotaryTables() {
    const { headDim, maxPositionEmbeddings } = this.config;
    const length = Math.min(this.sizes.cache.length, maxPositionEmbeddings);
    const table = (name: string) =>
      this.graph.memo(name, () => this.graph.input(name, 'float32', [length, headDim / 2]));
    return { cos: table('cos'), sin: table('sin'), positions: this.at };
  }
}
