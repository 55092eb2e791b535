import { linearModules, type Model, type ModelConfig, storesOf } from '@open-chatgpt/models';
import { createHostSession, type Session, type Tensor } from '@open-chatgpt/runtime';
import { bodyGraph } from '../graph/body-graph';
import type { DecodingOptions, ProductLayout } from '../graph/decoding-context';
import { type HeadKind, headGraph } from '../graph/head-graph';

/** Up to this many tokens in a run, the column layout is faster (measured on x86-64 with AVX-512). */
const MOST_IN_COLUMNS = 32;

/** The compiled graphs of a model for generation. Stateless: caches and buffers belong to the `Workspace`. */
export class Decoder {
  readonly config: ModelConfig;
  private readonly bodies = new Map<ProductLayout, Session>();
  private readonly weights: ReadonlyMap<string, Tensor>;
  private readonly heads = new Map<HeadKind, Session>();

  /** @throws Error when the attention kernel does not support the head size, or the weights exceed one graph */
  constructor(
    private readonly model: Model,
    private options: DecodingOptions = {},
  ) {
    this.config = model.config;
    checkHeadDim(this.config);
    checkQuantizedSize(this.config, options);
    const stores = storesOf(model).flatMap(({ all }) => all);
    this.weights = new Map(stores.map(({ name, tensor }): [string, Tensor] => [name, tensor]).reverse());
    this.body(1);
    // With quantized weights this is the only session, and it contains them now.
    this.options = { ...options, quantized: undefined };
  }

  /** The fastest session for this number of tokens in a run. */
  body(tokens: number): Session {
    const { weights = 'float32' } = this.options;
    const few = weights === 'float32' && tokens > 1 && tokens <= MOST_IN_COLUMNS;
    const layout = few ? 'columns' : 'rows';
    const session = this.bodies.get(layout) ?? createHostSession(bodyGraph(this.model, this.options, layout));
    this.bodies.set(layout, session);
    return session;
  }

  /** The weights that a session reads at each run. */
  parameters(session: Session): Record<string, Tensor> {
    return Object.fromEntries([...this.weights].filter(([name]) => session.inputs.has(name)));
  }

  head(kind: HeadKind): Session {
    const session = this.heads.get(kind) ?? createHostSession(headGraph(this.config.vocabSize, kind));
    this.heads.set(kind, session);
    return session;
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
/** Each block of 32 weights has a scale of 4 bytes. */
const SCALE_BYTES = 4 / 32;

function checkQuantizedSize(config: ModelConfig, { weights = 'float32' }: DecodingOptions): void {
  if (weights === 'float32') return;
  const inBlocks = linearModules(config).reduce(
    (sum, { inFeatures, outFeatures }) => sum + inFeatures * outFeatures,
    0,
  );
  const elements = inBlocks + config.vocabSize * config.hiddenSize;
  const bytes = elements * ((weights === 'int8' ? 1 : 0.5) + SCALE_BYTES);
  if (bytes <= MAX_GRAPH_BYTES) return;
  throw new Error(
    `generation: ${weights} weights of ${(bytes / 2 ** 30).toFixed(1)} GB exceed the limit of one graph (2 GB); ` +
      "use weights: 'float32'",
  );
}
