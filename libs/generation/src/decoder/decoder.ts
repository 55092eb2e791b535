import { linearModules, type Model, type ModelConfig, storesOf } from '@open-chatgpt/models';
import { Session, type Tensor } from '@open-chatgpt/runtime';
import { bodyGraph } from '../graph/body-graph';
import type { DecodingOptions } from '../graph/decoding-context';
import { type HeadKind, headGraph } from '../graph/head-graph';

/** A model's compiled graphs for generation. It holds no state: caches and buffers belong to those who run it. */
export class Decoder {
  readonly config: ModelConfig;
  readonly body: Session;
  /** The weights that the body reads at each run, by the names of its inputs. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  private readonly heads = new Map<HeadKind, Session>();

  /** @throws Error for a head size that the attention kernel does not have, or too much for one graph */
  constructor(model: Model, options: DecodingOptions = {}) {
    this.config = model.config;
    checkHeadDim(this.config);
    checkQuantizedSize(this.config, options);
    this.body = Session.create(bodyGraph(model, options));
    const parameters = storesOf(model).flatMap(({ all }) => all);
    this.parameters = Object.fromEntries(
      parameters.filter(({ name }) => this.body.inputs.has(name)).map(({ name, tensor }) => [name, tensor]),
    );
  }

  head(kind: HeadKind): Session {
    const session = this.heads.get(kind) ?? Session.create(headGraph(this.config.vocabSize, kind));
    this.heads.set(kind, session);
    return session;
  }
}

function checkHeadDim({ headDim }: ModelConfig): void {
  if (headDim % 8 === 0) return;
  throw new Error(
    `generation: headDim is ${headDim}, but the attention kernel needs a multiple of 8; ` +
      'choose hiddenSize and numAttentionHeads so that hiddenSize / numAttentionHeads is one',
  );
}

/** A graph with its constants is one protobuf message, of less than 2 GB. */
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
    `generation: ${weights} weights of ${(bytes / 2 ** 30).toFixed(1)} GB do not fit into one graph (2 GB); ` +
      "use weights: 'float32'",
  );
}
