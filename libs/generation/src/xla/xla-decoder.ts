import { Graph, linear } from '@open-chatgpt/autodiff';
import { type Model, type ModelConfig, storesOf } from '@open-chatgpt/models';
import { createSession, type Mesh, type Session, type Tensor } from '@open-chatgpt/runtime';
import type { Decoder } from '../decoder/decoder';
import { HeadSessions } from '../decoder/head-sessions';
import { buildBody } from '../graph/body-graph';
import { StepContext, type StepSizes } from './step-context';
import { XlaWorkspace } from './xla-workspace';

/**
 * Generates on a device of XLA. Programs have fixed sizes, and each is compiled at first use. They read the weights where
 * training keeps them: on the device, divided over its mesh.
 */
export class XlaDecoder implements Decoder {
  readonly config: ModelConfig;
  readonly heads: HeadSessions;
  private readonly sessions = new Map<string, Session>();
  private readonly weights: ReadonlyMap<string, Tensor>;

  constructor(
    private readonly model: Model,
    private readonly adapter = true,
  ) {
    this.config = model.config;
    this.heads = new HeadSessions(this.config.vocabSize, createSession);
    const stores = storesOf(model).flatMap(({ all }) => all);
    this.weights = new Map(stores.map(({ name, tensor }): [string, Tensor] => [name, tensor]).reverse());
  }

  /** The mesh of the weights. */
  get mesh(): Mesh | null {
    return storesOf(this.model)[0].mesh;
  }

  createWorkspace(): XlaWorkspace {
    return new XlaWorkspace(this);
  }

  step(sizes: StepSizes): Session {
    const { rows, tokens, cache } = sizes;
    return this.compile(`step|${[rows, tokens, cache.rows, cache.length]}`, () => {
      const graph = new Graph();
      const context = new StepContext(graph, this.model, sizes, this.adapter);
      buildBody(context, rows, (hidden, embedding) => linear(hidden, context.parameter(embedding)));
      return graph;
    });
  }

  /** The weights that a session reads at each run. */
  parameters(session: Session): Record<string, Tensor> {
    return Object.fromEntries([...this.weights].filter(([name]) => session.inputs.has(name)));
  }

  /** @param key names the graph among all of this decoder */
  compile(key: string, build: () => Graph): Session {
    const session = this.sessions.get(key) ?? createSession(build());
    this.sessions.set(key, session);
    return session;
  }
}
