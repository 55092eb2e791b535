import {
  add,
  attribute,
  embedding,
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
import { adaptedLayer } from '../adapters/adapted-layer';
import type { DecodingOptions } from '../options/decoding-options';
import { activationsOf, bitsOf, type QuantizedPrecision } from '../quantization/precision';
import { quantizeBlocks } from '../quantization/quantize-blocks';
import { quantizedLinear, quantizedRows } from '../quantization/quantized-linear';
import type { QuantizedMatrix } from '../quantization/quantized-matrix';

const { float, int } = attribute;

/**
 * How x Wᵀ is computed. The kernel repacks its right operand, which for a few rows of x costs as much as the product, so
 * `columns` computes (W xᵀ)ᵀ instead. `rows` is faster for a single row (a matrix-vector product) and for many rows.
 */
export type ProductLayout = 'rows' | 'columns';

/**
 * Symbolic sizes, so that one session runs every batch size, prompt length and cache length: B rows, T new tokens for
 * each row, N = B · T, S the length of the cache, P the length of the rotary tables.
 */
const NEW_TOKENS: Shape = ['B', 'T'];

/**
 * The context of generation by ONNX Runtime: the same model families with attention to a key-value cache, which each run
 * extends.
 *
 * In float32, weights are graph inputs in the memory where training writes them, so the next run sees an update.
 * Prompts are padded on the right. `sequenceLengths` holds each row's number of tokens, including the new ones, minus one.
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
    if (this.options.adapters) return adaptedLayer(x, y, module, this.tokens);
    const { lora } = this.model;
    if (!lora || this.options.adapter === false || !hasParameter(this.model, loraA(module))) return y;
    const low = linear(x, this.parameter(loraA(module)));
    const alpha = lora.loraAlpha / lora.r;
    return add(y, matmul(low, this.parameter(loraB(module)), { transB: true, alpha }));
  }

  /** x [N, in] times a named weight matrix in the configured precision → [N, out]. */
  product(x: Value, name: string, inputMajor = false): Value {
    const { weights = 'float32' } = this.options;
    if (weights === 'float32') {
      const weight = this.parameter(name);
      if (inputMajor) return matmul(x, weight);
      if (this.layout === 'rows') return linear(x, weight);
      return transpose(matmul(weight, x, { transB: true }), [1, 0]);
    }
    const matrix = this.quantized(name, weights, inputMajor);
    return quantizedLinear(this.graph, x, matrix, activationsOf(name, matrix));
  }

  tokenEmbeddings(name: string, ids: Value): Value {
    const { weights = 'float32' } = this.options;
    if (weights === 'float32') return embedding(this.parameter(name), ids);
    return quantizedRows(this.graph, ids, this.quantized(name, weights, false));
  }

  private quantized(name: string, precision: QuantizedPrecision, inputMajor: boolean): QuantizedMatrix {
    return this.options.quantized?.get(name) ?? this.quantize(name, precision, inputMajor);
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

  /** The kernel writes the keys and values of the new tokens into the cache, after the tokens of each row. */
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

  /** [N, W] → [B, T, W]. Two sizes are symbolic, so the shape is an input. */
  private split(x: Value): Value {
    const grid = this.input('grid', 'int64', [3]);
    return this.graph.node('Reshape', [x, grid], {}, [{ shape: [...NEW_TOKENS, x.shape[1]] }])[0];
  }

  private input(name: string, dtype: 'float32' | 'int32' | 'int64', shape: Shape): Value {
    return this.graph.memo(name, () => this.graph.input(name, dtype, shape));
  }
}
