import { composite } from '../autodiff/composite';
import { differentiable } from '../autodiff/differentiable';
import { float, int } from '../graph/attribute';
import { describe, requireDtype, requireFixed } from '../graph/check';
import { GraphError } from '../graph/error';
import { type Graph, MICROSOFT } from '../graph/graph';
import { formatShape, sameShape } from '../graph/shape';
import type { Value } from '../graph/value';
import { add } from './add';
import { concat } from './concat';
import { cudnnAttention, fitsCudnn } from './cudnn-attention';
import { matmul } from './matmul';
import { mul } from './mul';
import { reshape } from './reshape';
import { pad, slice } from './slice';
import { sub } from './sub';
import { sum } from './sum';
import { transpose } from './transpose';

export interface AttentionOptions {
  numHeads: number;
  /** Fewer than numHeads for grouped-query attention; each serves numHeads / numKeyValueHeads query heads. */
  numKeyValueHeads: number;
  /** Factor on q·k, by default 1/√headDim. */
  scale?: number;
  /** [B or 1, T, T], added to the scores: 0 where attention is allowed, very negative elsewhere. Causal if absent. */
  mask?: Value;
  /** Query rows of one block. Causal attention skips the keys after each block. The default depends on the length. */
  blockRows?: number;
}

/** Added to a masked score. Finite, so that a row without any allowed key does not become NaN. */
export const MASKED = -1e30;

interface Block {
  q: Value;
  k: Value;
  v: Value;
}

/**
 * Causal scaled dot-product attention with grouped queries (Vaswani et al. 2017; Ainslie et al. 2023,
 * https://arxiv.org/abs/2305.13245). q [B, T, H·D], k and v [B, T, Hk·D] → [B, T, H·D].
 *
 * The query heads of one key head are stacked into the rows of one product. The gradient rule covers the whole op
 * (Dao et al. 2022, https://arxiv.org/abs/2205.14135, algorithm 4: dS = P ∘ (dP − rowsum(dO ∘ O))).
 */
export function attention(q: Value, k: Value, v: Value, options: AttentionOptions): Value {
  const layout = new HeadLayout(q, k, v, options);
  if (q.graph.cudnnAttention && !options.mask && fitsCudnn(layout.headDim))
    return cudnnAttention([q, k, v], { ...options, scale: layout.scale });
  const { y, blocks } = composite(q.graph, () => forward(layout, q, k, v));
  return differentiable('attention', [q, k, v], [y], ([dy]) => gradients(layout, blocks, y, dy!));
}

function forward(layout: HeadLayout, q: Value, k: Value, v: Value): { y: Value; blocks: Block[] } {
  const { blockRows, length } = layout;
  const [Q, K, V] = [layout.splitQueries(q), layout.splitKeys(k), layout.splitKeys(v)];

  const blocks: Block[] = [];
  const outputs: Value[] = [];
  for (let start = 0; start < length; start += blockRows) {
    const end = Math.min(start + blockRows, length);
    const block = { q: layout.rows(Q, start, end), k: slice(K, 2, 0, end), v: slice(V, 2, 0, end) };
    blocks.push(block);
    outputs.push(layout.ungroup(matmul(layout.probabilities(block, start, end), block.v)));
  }
  return { y: layout.mergeQueries(concat(outputs, 3)), blocks };
}

function gradients(layout: HeadLayout, blocks: readonly Block[], y: Value, dy: Value): [Value, Value, Value] {
  const { blockRows, length } = layout;
  const dO = layout.splitQueries(dy);
  // rowsum(dO ∘ O) from the merged output, which the projection after it keeps in memory anyway.
  const weighted = layout.headSums(mul(dy, y));
  const dQ: Value[] = [];
  const dK: Value[] = [];
  const dV: Value[] = [];
  blocks.forEach((block, index) => {
    const start = index * blockRows;
    const end = Math.min(start + blockRows, length);
    const d = layout.rows(dO, start, end);
    const dP = matmul(d, block.v, { transB: true });
    const probabilities = layout.probabilities(block, start, end, true);
    const dS = mul(probabilities, sub(dP, layout.rows(weighted, start, end)));
    dQ.push(layout.ungroup(matmul(dS, block.k, { alpha: layout.scale })));
    dK.push(pad(matmul(dS, block.q, { transA: true, alpha: layout.scale }), 2, 0, length - end));
    dV.push(pad(matmul(probabilities, d, { transA: true }), 2, 0, length - end));
  });
  return [
    layout.mergeQueries(concat(dQ, 3)),
    layout.mergeKeys(dK.reduce(add)),
    layout.mergeKeys(dV.reduce(add)),
  ];
}

function checkMask(mask: Value, batch: number, length: number): void {
  requireDtype('attention', 'float32', mask);
  const batches = [1, batch].map((first) => [first, length, length]);
  if (batches.some((shape) => sameShape(mask.shape, shape))) return;
  const wanted = batches.map(formatShape).join(' or ');
  throw new GraphError('attention', `needs a mask ${wanted}, got ${describe(mask)}`);
}

/** The layout of heads, groups and rows. B batch, T length, Hk key heads, G query heads a key head, D head size. */
class HeadLayout {
  readonly batch: number;
  readonly length: number;
  readonly keyHeads: number;
  readonly group: number;
  readonly headDim: number;
  readonly scale: number;
  readonly blockRows: number;
  private readonly mask: Value | undefined;
  private readonly graph: Graph;

  constructor(q: Value, k: Value, v: Value, options: AttentionOptions) {
    const { numHeads, numKeyValueHeads } = options;
    requireDtype('attention', 'float32', q, k, v);
    requireFixed('attention', q, k, v);
    const [batch, length, width] = q.shape.map(Number);
    const keyShape = [batch, length, (width / numHeads) * numKeyValueHeads];
    const fits = q.rank === 3 && sameShape(k.shape, keyShape) && sameShape(v.shape, keyShape);
    if (!fits || numHeads % numKeyValueHeads !== 0 || width % numHeads !== 0) {
      const heads = `${numHeads} heads and ${numKeyValueHeads} key heads`;
      throw new GraphError('attention', `q, k, v of ${describe(q, k, v)} do not fit ${heads}`);
    }
    if (options.mask) checkMask(options.mask, batch, length);
    this.batch = batch;
    this.length = length;
    this.keyHeads = numKeyValueHeads;
    this.group = numHeads / numKeyValueHeads;
    this.headDim = width / numHeads;
    this.scale = options.scale ?? 1 / Math.sqrt(this.headDim);
    this.blockRows = options.blockRows ?? (length >= 256 ? 128 : length);
    if (!(this.blockRows >= 1)) throw new GraphError('attention', `blockRows ${this.blockRows} is below 1`);
    this.mask = options.mask;
    this.graph = q.graph;
  }

  /** [B, T, H·D] → [B, Hk, G, T, D] */
  splitQueries(x: Value): Value {
    const { batch, length, keyHeads, group, headDim } = this;
    return transpose(reshape(x, [batch, length, keyHeads, group, headDim]), [0, 2, 3, 1, 4]);
  }

  /** [B, Hk, G, T, D] → [B, T, H·D] */
  mergeQueries(x: Value): Value {
    const { batch, length, keyHeads, group, headDim } = this;
    return reshape(transpose(x, [0, 3, 1, 2, 4]), [batch, length, keyHeads * group * headDim]);
  }

  /** [B, T, Hk·D] → [B, Hk, T, D] */
  splitKeys(x: Value): Value {
    const { batch, length, keyHeads, headDim } = this;
    return transpose(reshape(x, [batch, length, keyHeads, headDim]), [0, 2, 1, 3]);
  }

  /** [B, Hk, T, D] → [B, T, Hk·D] */
  mergeKeys(x: Value): Value {
    const { batch, length, keyHeads, headDim } = this;
    return reshape(transpose(x, [0, 2, 1, 3]), [batch, length, keyHeads * headDim]);
  }

  /** Query rows [start, end) of [B, Hk, G, T, X], the group stacked into them: [B, Hk, G·rows, X]. */
  rows(x: Value, start: number, end: number): Value {
    const { batch, keyHeads, group } = this;
    return reshape(slice(x, 3, start, end), [batch, keyHeads, group * (end - start), x.shape[4]]);
  }

  /** Sums over each head: [B, T, H·D] → [B, Hk, G, T, 1]. */
  headSums(x: Value): Value {
    const { batch, length, keyHeads, group, headDim } = this;
    const sums = sum(reshape(x, [batch, length, keyHeads, group, headDim]), [-1], true);
    return transpose(sums, [0, 2, 3, 1, 4]);
  }

  /** [B, Hk, G·rows, X] → [B, Hk, G, rows, X] */
  ungroup(x: Value): Value {
    const { batch, keyHeads, group } = this;
    return reshape(x, [batch, keyHeads, group, Number(x.shape[2]) / group, x.shape[3]]);
  }

  /**
   * softmax(scale · q kᵀ + mask) of one block: [B, Hk, G·rows, end]. The backward pass recomputes it. There, an attribute
   * with its default value makes the nodes differ, so that ONNX Runtime does not merge them with those of the forward pass.
   */
  probabilities({ q, k }: Block, start: number, end: number, recompute = false): Value {
    const shape = [this.batch, this.keyHeads, this.group * (end - start), end];
    const attributes = {
      transB: int(1),
      alpha: float(this.scale),
      ...(recompute && { transBatchA: int(0) }),
    };
    const [scores] = this.graph.node('FusedMatMul', [q, k], attributes, [{ shape }], MICROSOFT);
    const masked = reshape(add(this.ungroup(scores), this.maskRows(start, end)), shape);
    return this.graph.node('Softmax', [masked], { axis: int(-1) }, [{ shape }])[0];
  }

  /** The mask that is added to the scores of query rows [start, end) against keys [0, end): [B or 1, 1, 1, rows, end]. */
  maskRows(start: number, end: number): Value {
    const rows = end - start;
    if (this.mask) {
      const part = slice(slice(this.mask, 1, start, end), 2, 0, end);
      return reshape(part, [this.mask.shape[0], 1, 1, rows, end]);
    }
    const key = `causal|${start}|${end}`;
    return this.graph.memo(key, () => {
      const data = new Float32Array(rows * end);
      for (let row = 0; row < rows; row++) data.fill(MASKED, row * end + start + row + 1, (row + 1) * end);
      return this.graph.constant('float32', [1, 1, 1, rows, end], data);
    });
  }
}
