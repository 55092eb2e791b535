import {
  add,
  attention,
  embedding,
  type Graph,
  linear,
  matmul,
  mul,
  type RopeTables,
  reshape,
  rope,
  type Value,
} from '@open-chatgpt/autodiff';
import { ropeTables } from '../config/rope';
import { familyOf } from '../families/family-of';
import { loraA, loraB } from '../lora/adapters';
import { hasParameter, type ModelOutline, specOf } from '../model/model';
import { rowParts } from '../model/shard-model';
import { causalMask } from './causal-mask';
import type { ModelContext } from './model-context';

export interface SequenceOptions {
  batch: number;
  length: number;
  /** Rows contain several documents. Adds the inputs `segmentIds` and `positionIds`, [B, T] int64. */
  packed?: boolean;
  /** false disables the LoRA adapter, which gives the reference policy. */
  adapter?: boolean;
  /** Apply LoRA dropout. Adds an input `dropout:<module>` for each adapted module. */
  dropout?: boolean;
  /** false builds a forward graph: no parameter requires a gradient. */
  gradients?: boolean;
}

/** The context of whole sequences [B, T], for training and scoring. Rows are padded on the right. */
export class TrainingContext implements ModelContext {
  readonly config: ModelOutline['config'];
  readonly tokens: number;
  private readonly parameters = new Map<string, Value>();
  private readonly packedInputs: { segmentIds: Value; positionIds: Value } | null;
  private rotation: RopeTables | null = null;
  private mask: { value: Value | undefined } | null = null;

  constructor(
    readonly graph: Graph,
    private readonly model: ModelOutline,
    private readonly options: SequenceOptions,
  ) {
    this.config = model.config;
    const { batch, length, packed } = options;
    if (model.bf16) {
      graph.matmulType = 'bfloat16';
      graph.cudnnAttention = process.env.OPEN_CHATGPT_UNVERIFIED_CUDNN_ATTENTION === '1';
    }
    const { mesh } = model.trained;
    if (mesh) graph.rowParts = rowParts(mesh, batch);
    this.tokens = batch * length;
    const input = (name: string) => graph.input(name, 'int64', [batch, length]);
    this.packedInputs = packed
      ? { segmentIds: input('segmentIds'), positionIds: input('positionIds') }
      : null;
  }

  get positions(): Value {
    const { batch, length } = this.options;
    if (this.packedInputs) return reshape(this.packedInputs.positionIds, [this.tokens]);
    return this.graph.memo('positions', () => {
      // Rows are no longer than the positions. Padding may be, and nothing looks at it: it takes the last position.
      const last = this.config.maxPositionEmbeddings - 1;
      const data = BigInt64Array.from({ length: batch * length }, (_, i) =>
        BigInt(Math.min(i % length, last)),
      );
      return this.graph.constant('int64', [this.tokens], data);
    });
  }

  parameter(name: string): Value {
    const known = this.parameters.get(name);
    if (known) return known;
    const { shape, trainable } = specOf(this.model, name);
    const requiresGrad = trainable && (this.options.gradients ?? true);
    const value = this.graph.input(name, 'float32', shape, requiresGrad);
    this.parameters.set(name, value);
    return value;
  }

  tokenEmbeddings(name: string, ids: Value): Value {
    return embedding(this.parameter(name), ids);
  }

  linear(x: Value, module: string, inputMajor = false): Value {
    const bias = hasParameter(this.model, `${module}.bias`) ? this.parameter(`${module}.bias`) : null;
    const weight = this.parameter(`${module}.weight`);
    const product = inputMajor ? matmul(x, weight) : linear(x, weight);
    const y = bias ? add(product, bias) : product;
    const { lora } = this.model;
    if (!lora || this.options.adapter === false || !hasParameter(this.model, loraA(module))) return y;
    const low = linear(this.dropped(x, module, lora.loraDropout), this.parameter(loraA(module)));
    return add(
      y,
      matmul(low, this.parameter(loraB(module)), { transB: true, alpha: lora.loraAlpha / lora.r }),
    );
  }

  attention(q: Value, k: Value, v: Value, _layer: number): Value {
    const { batch, length } = this.options;
    const { numAttentionHeads: numHeads, numKeyValueHeads, headDim } = this.config;
    const split = (x: Value) => reshape(x, [batch, length, Number(x.shape[1])]);
    const rotate = (x: Value, heads: number) =>
      familyOf(this.config).rotary ? rope(split(x), this.ropeTables(), heads) : split(x);
    const attended = attention(rotate(q, numHeads), rotate(k, numKeyValueHeads), split(v), {
      numHeads,
      numKeyValueHeads,
      mask: this.attentionMask(),
    });
    return reshape(attended, [this.tokens, numHeads * headDim]);
  }

  private ropeTables(): RopeTables {
    const { length } = this.options;
    if (!this.rotation) {
      const { cos, sin } = ropeTables(this.config, length);
      const shape = [length, this.config.headDim / 2];
      this.rotation = {
        cos: this.graph.constant('float32', shape, cos),
        sin: this.graph.constant('float32', shape, sin),
        positions: this.packedInputs?.positionIds ?? this.graph.int64s([0]),
      };
    }
    return this.rotation;
  }

  private attentionMask(): Value | undefined {
    const segments = this.packedInputs?.segmentIds ?? null;
    this.mask ??= { value: causalMask(this.graph, this.options.length, segments, this.config.slidingWindow) };
    return this.mask.value;
  }

  /** The factors are 0 or 1/(1−p). They are inputs, so that a resumed run can repeat them. */
  private dropped(x: Value, module: string, probability: number): Value {
    if (probability === 0 || !this.options.dropout) return x;
    return mul(x, this.graph.input(`dropout:${module}`, 'float32', x.shape));
  }
}
