import { Graph } from '@open-chatgpt/autodiff';
import { type Adapter, linearModules, type Model, type ModelConfig, storesOf } from '@open-chatgpt/models';
import { createHostSession, type Session, type Tensor } from '@open-chatgpt/runtime';
import { AdapterStack } from '../adapters/adapter-stack';
import type { Decoder } from '../decoder/decoder';
import { HeadSessions } from '../decoder/head-sessions';
import { buildBody } from '../graph/body-graph';
import type { DecodingOptions } from '../options/decoding-options';
import { bitsOf } from '../quantization/precision';
import { matrixBytes } from '../quantization/quantized-matrix';
import { DecodingContext, type ProductLayout } from './decoding-context';
import { OrtWorkspace } from './ort-workspace';

/** Up to this many tokens in a run, the column layout is faster (measured on x86-64 with AVX-512). */
const MOST_IN_COLUMNS = 32;

/** Generates with ONNX Runtime on the CPU. Sizes are symbolic, so one session runs all batches. */
export class OrtDecoder implements Decoder {
  readonly config: ModelConfig;
  private readonly bodies = new Map<string, Session>();
  private readonly weights: ReadonlyMap<string, Tensor>;
  readonly heads: HeadSessions;

  /** @throws Error when the attention kernel does not support the head size, or the weights exceed one graph */
  constructor(
    private readonly model: Model,
    private options: DecodingOptions = {},
  ) {
    this.config = model.config;
    this.heads = new HeadSessions(this.config.vocabSize, createHostSession);
    checkHeadDim(this.config);
    checkQuantizedSize(this.config, options);
    const stores = storesOf(model).flatMap(({ all }) => all);
    this.weights = new Map(stores.map(({ name, tensor }): [string, Tensor] => [name, tensor]).reverse());
    this.body(1, this.stackOf(new Set()));
    // With quantized weights this is the only session, and it contains them now.
    this.options = { ...options, quantized: undefined };
  }

  /** The fastest session for this number of tokens in a run, with a stack or without one. */
  body(tokens: number, stack: AdapterStack | null): Session {
    const { weights = 'float32' } = this.options;
    const few = weights === 'float32' && tokens > 1 && tokens <= MOST_IN_COLUMNS;
    const layout = few ? 'columns' : 'rows';
    const key = `${layout}|${stack !== null}`;
    const session = this.bodies.get(key) ?? createHostSession(this.bodyGraph(layout, stack !== null));
    this.bodies.set(key, session);
    return session;
  }

  /** The inputs for these adapters. null where the session has none: in float32 without an adapter, it takes no time. */
  stackOf(adapters: ReadonlySet<Adapter>): AdapterStack | null {
    const { weights = 'float32', adapters: allowed = false } = this.options;
    if (!allowed && adapters.size > 0)
      throw new Error('generation: the decoder was created without adapters');
    return allowed && (weights !== 'float32' || adapters.size > 0)
      ? new AdapterStack(this.config, adapters)
      : null;
  }

  /** The weights that a session reads at each run. */
  parameters(session: Session): Record<string, Tensor> {
    return Object.fromEntries([...this.weights].filter(([name]) => session.inputs.has(name)));
  }

  createWorkspace(): OrtWorkspace {
    return new OrtWorkspace(this);
  }

  private bodyGraph(layout: ProductLayout, adapters: boolean): Graph {
    const graph = new Graph();
    const context = new DecodingContext(graph, this.model, { ...this.options, adapters }, layout);
    buildBody(context, 'L', (hidden, embedding) => context.product(hidden, embedding));
    return graph;
  }
}

function checkHeadDim({ headDim }: ModelConfig): void {
  if (headDim % 8 === 0) return;
  throw new Error(
    `generation: headDim is ${headDim}, but the attention kernel needs a multiple of 8; ` +
      'choose hiddenSize and numAttentionHeads so that their quotient is such a multiple',
  );
}

/** A graph with its constants is one protobuf message, which must be below 2 GB. */
const MAX_GRAPH_BYTES = 2 ** 31 - 2 ** 20;

function checkQuantizedSize(config: ModelConfig, { weights = 'float32' }: DecodingOptions): void {
  if (weights === 'float32') return;
  const vocabulary = { outFeatures: config.vocabSize, inFeatures: config.hiddenSize };
  const inBlocks = linearModules(config).map(({ name, ...size }) =>
    matrixBytes(bitsOf(`${name}.weight`, config, weights), size),
  );
  const bytes = [...inBlocks, 2 * matrixBytes(8, vocabulary)].reduce((sum, each) => sum + each);
  if (bytes <= MAX_GRAPH_BYTES) return;
  throw new Error(
    `generation: ${weights} weights of ${(bytes / 2 ** 30).toFixed(1)} GB exceed the limit of one graph (2 GB); ` +
      "use weights: 'float32'",
  );
}
