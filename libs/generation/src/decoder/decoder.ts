import { type Model, type ModelConfig, storesOf } from '@open-chatgpt/models';
import { Session, type Tensor } from '@open-chatgpt/runtime';
import { bodyGraph } from '../graph/body-graph';
import { type HeadKind, headGraph } from '../graph/head-graph';

export interface DecoderOptions {
  /** false leaves the LoRA adapter out: the reference policy. */
  adapter?: boolean;
}

/** A model's compiled graphs for generation. It holds no state: caches and buffers belong to those who run it. */
export class Decoder {
  readonly config: ModelConfig;
  readonly body: Session;
  private readonly heads = new Map<HeadKind, Session>();

  /** @throws Error for a head size that the attention kernel does not have */
  constructor(
    private readonly model: Model,
    options: DecoderOptions = {},
  ) {
    this.config = model.config;
    const { headDim } = this.config;
    if (headDim % 8 !== 0) {
      throw new Error(
        `generation: headDim is ${headDim}, but the attention kernel needs a multiple of 8; ` +
          'choose hiddenSize and numAttentionHeads so that hiddenSize / numAttentionHeads is one',
      );
    }
    this.body = Session.create(bodyGraph(model, options));
  }

  head(kind: HeadKind): Session {
    const session = this.heads.get(kind) ?? Session.create(headGraph(this.model, kind));
    this.heads.set(kind, session);
    return session;
  }

  /** The parameters that a session reads, to be bound to it. */
  parameters(session: Session): Record<string, Tensor> {
    const stores = storesOf(this.model);
    const bound: Record<string, Tensor> = {};
    for (const name of session.inputs.keys()) {
      const store = stores.find((candidate) => candidate.has(name));
      if (store) bound[name] = store.get(name).tensor;
    }
    return bound;
  }
}
