import {
  add,
  attribute,
  type Graph,
  linear,
  MICROSOFT,
  matmul,
  type RopeTables,
  reshape,
  rope,
  type Shape,
  transpose,
  type Value,
} from '@open-chatgpt/autodiff';
import {
  familyOf,
  hasParameter,
  loraA,
  loraB,
  type Model,
  type ModelContext,
  parameterOf,
} from '@open-chatgpt/models';
import { type QuantizedMatrix, quantizeBlocks } from '../quantization/quantize-blocks';
import { quantizedLinear } from '../quantization/quantized-linear';
import { bitsOf, type QuantizedPrecision } from '../quantization/read-quantized';

const { float, int } = attribute;

export interface DecodingOptions {
  /** false leaves the LoRA adapter out: the reference policy. */
  adapter?: boolean;
  /**
   * `float32` (the default) reads the model's weights at each run. `int8` and `int4` make quantized copies of the
   * matrices once, for a model that is not trained any more (`int4` with 8 bits for the output embedding);
   * adapters stay in float32 and are read at each run.
   */
  weights?: 'float32' | QuantizedPrecision;
  /** Matrices that are quantized already, by the names of their weights, which the model then need not have. */
  quantized?: ReadonlyMap<string, QuantizedMatrix>;
}

/**
 * How x Wᵀ is computed. A kernel repacks its right operand: for a few rows of x that costs as much as the product, so
 * `columns` computes (W xᵀ)ᵀ instead. One row alone (a matrix-vector product) and many are faster by `rows`.
 */
export type ProductLayout = 'rows' | 'columns';

/**
 * Sizes known only at run time, so that one session serves every batch, prompt length and cache length:
 * B rows, T new tokens a row, N = B · T, S the cache's length, P the rotary tables' length.
 */
const NEW_TOKENS: Shape = ['B', 'T'];

/**
 * The context of generation: the same model families, attending to a cache of keys and values that each run extends.
 *
 * In float32, weights are graph inputs, read where training writes them: an update is seen by the next run.
 * Prompts are padded on the right; `sequenceLengths` holds each row's number of tokens, the new ones included, less one.
 */
export class DecodingContext implements ModelContext {
  readonly config: Model['config'];
  readonly tokens = 'N';
  private readonly parameters = new Map<string, Value>();

  constructor(
    readonly graph: Graph,
    private readonly model: Model,
    private readonly options: DecodingOptions = {},
    private readonly layout: ProductLayout = 'rows',
  ) {
    this.config = model.config;
  }

  get positions(): Value {
    return reshape(this.positionIds, [this.tokens]);
  }

  parameter(name: string): Value {
    const known = this.parameters.get(name);
    if (known) return known;
    const value = this.graph.input(name, 'float32', parameterOf(this.model, name).shape);
    this.parameters.set(name, value);
    return value;
  }

  linear(x: Value, module: string, inputMajor = false): Value {
    const product = this.product(x, `${module}.weight`, inputMajor);
    const bias = `${module}.bias`;
    const y = hasParameter(this.model, bias) ? add(product, this.parameter(bias)) : product;
    const { lora } = this.model;
    if (!lora || this.options.adapter === false || !hasParameter(this.model, loraA(module))) return y;
    const low = linear(x, this.parameter(loraA(module)));
    const alpha = lora.loraAlpha / lora.r;
    return add(y, matmul(low, this.parameter(loraB(module)), { transB: true, alpha }));
  }

  /** x [N, in] times a weight matrix by its name, in the precision asked for → [N, out]. */
  product(x: Value, name: string, inputMajor = false): Value {
    const { weights = 'float32' } = this.options;
    if (weights === 'float32') {
      const weight = this.parameter(name);
      if (inputMajor) return matmul(x, weight);
      if (this.layout === 'rows') return linear(x, weight);
      return transpose(matmul(weight, x, { transB: true }), [1, 0]);
    }
    const matrix = this.options.quantized?.get(name) ?? this.quantize(name, weights, inputMajor);
    return quantizedLinear(this.graph, x, matrix);
  }

  private quantize(name: string, precision: QuantizedPrecision, inputMajor: boolean): QuantizedMatrix {
    const { data, shape } = parameterOf(this.model, name);
    const [outFeatures, inFeatures] = inputMajor ? [shape[1], shape[0]] : shape;
    return quantizeBlocks(
      data,
      { outFeatures, inFeatures },
      bitsOf(name, this.config, precision),
      inputMajor,
    );
  }

  /** Keys and values of the new tokens are written into the cache's memory, where the row's tokens end. */
  attention(q: Value, k: Value, v: Value, layer: number): Value {
    const { numAttentionHeads, numKeyValueHeads, headDim, slidingWindow } = this.config;
    const { rotary } = familyOf(this.config);
    const rotate = (x: Value, heads: number) =>
      rotary ? rope(this.split(x), this.ropeTables(), heads) : this.split(x);
    const cacheShape = ['B', numKeyValueHeads, 'S', headDim];
    const past = (name: string) => this.graph.input(`${name}.${layer}`, 'float32', cacheShape);
    const width = numAttentionHeads * headDim;
    const [attended, presentKey, presentValue] = this.graph.node(
      'GroupQueryAttention',
      [
        rotate(q, numAttentionHeads),
        rotate(k, numKeyValueHeads),
        this.split(v),
        past('pastKey'),
        past('pastValue'),
        this.input('sequenceLengths', 'int32', ['B']),
        this.input('totalLength', 'int32', []),
      ],
      {
        num_heads: int(numAttentionHeads),
        kv_num_heads: int(numKeyValueHeads),
        scale: float(1 / Math.sqrt(headDim)),
        local_window_size: int(slidingWindow ?? -1),
      },
      [{ shape: [...NEW_TOKENS, width] }, { shape: cacheShape }, { shape: cacheShape }],
      MICROSOFT,
    );
    this.graph.output(`presentKey.${layer}`, presentKey);
    this.graph.output(`presentValue.${layer}`, presentValue);
    return reshape(attended, [this.tokens, width]);
  }

  private get positionIds(): Value {
    return this.input('positions', 'int64', NEW_TOKENS);
  }

  private ropeTables(): RopeTables {
    const table = (name: string) => this.input(name, 'float32', ['P', this.config.headDim / 2]);
    return { cos: table('cos'), sin: table('sin'), positions: this.positionIds };
  }

  /** [N, W] → [B, T, W]: two sizes are unknown, so the shape itself is fed. */
  private split(x: Value): Value {
    const grid = this.input('grid', 'int64', [3]);
    return this.graph.node('Reshape', [x, grid], {}, [{ shape: [...NEW_TOKENS, x.shape[1]] }])[0];
  }

  private input(name: string, dtype: 'float32' | 'int32' | 'int64', shape: Shape): Value {
    return this.graph.memo(name, () => this.graph.input(name, dtype, shape));
  }
}
