import { add, backward, Graph } from '@open-chatgpt/autodiff';
import { type BoundRun, createSession, type Session, Tensor } from '@open-chatgpt/runtime';
import { familyOf } from '../families/family-of';
import { TrainingContext } from '../graph/training-context';
import { hasParameter, type Model, type ModelOutline, parameterOf } from '../model/model';
import type { TrainingOptions } from './training-program';

const GRADIENT = 'gradient:';
const PREVIOUS = 'previous:';

/** Sessions built once from layer 0 and bound to the weights of every layer. */
export class BlockSessions {
  private readonly forwardSession: Session;
  private backwardSession: Session | null = null;

  /** @param shared inputs common to all layers by name (segments, positions); dropout masks are added to them */
  constructor(
    private readonly model: Model,
    private readonly options: TrainingOptions,
    private readonly shared: Record<string, Tensor>,
  ) {
    this.forwardSession = createSession(forwardGraph(model, options));
  }

  /** y = block(x). */
  forward(layer: number, x: Tensor, y: Tensor): BoundRun {
    return this.forwardSession.bind(this.inputs(this.forwardSession, layer, { x }), { y });
  }

  /** Computes dx and the gradients of the weights from x and dy. */
  backward(layer: number, x: Tensor, dy: Tensor, dx: Tensor): BoundRun {
    this.backwardSession ??= createSession(backwardGraph(this.model, this.options));
    const session = this.backwardSession;
    const outputs: Record<string, Tensor> = { dx };
    for (const name of session.outputs.keys()) {
      if (name.startsWith(GRADIENT))
        outputs[name] = this.model.trained.gradient(this.atLayer(name, layer, GRADIENT));
    }
    return session.bind(this.inputs(session, layer, { x, dy }), outputs);
  }

  private inputs(session: Session, layer: number, given: Record<string, Tensor>): Record<string, Tensor> {
    const entries = [...session.inputs].map(([name, { dtype, shape }]): [string, Tensor] => {
      if (given[name]) return [name, given[name]];
      if (name.startsWith(PREVIOUS))
        return [name, this.model.trained.gradient(this.atLayer(name, layer, PREVIOUS))];
      if (hasParameter(this.model, name))
        return [name, parameterOf(this.model, this.atLayer(name, layer)).tensor];
      const own = this.atLayer(name, layer);
      this.shared[own] ??= Tensor.zeros(dtype, shape.map(Number));
      return [name, this.shared[own]];
    });
    return Object.fromEntries(entries);
  }

  /** The name in another layer of a parameter of layer 0. */
  private atLayer(name: string, layer: number, prefix = ''): string {
    const { layerPrefix } = familyOf(this.model.config);
    return name.slice(prefix.length).replace(layerPrefix(0), layerPrefix(layer));
  }
}

export function forwardGraph(model: ModelOutline, options: TrainingOptions): Graph {
  const graph = new Graph();
  const context = new TrainingContext(graph, model, { ...options, gradients: false });
  const x = graph.input('x', 'float32', [context.tokens, model.config.hiddenSize]);
  graph.output('y', familyOf(model.config).block(context, x, 0));
  return graph;
}

export function backwardGraph(model: ModelOutline, options: TrainingOptions): Graph {
  const graph = new Graph();
  const context = new TrainingContext(graph, model, options);
  const shape = [context.tokens, model.config.hiddenSize];
  const x = graph.input('x', 'float32', shape, true);
  const dy = graph.input('dy', 'float32', shape);
  const y = familyOf(model.config).block(context, x, 0);
  const parameters = graph.inputs.filter((input) => input.requiresGrad && input !== x);
  const gradients = backward([[y, dy]], [x, ...parameters]);
  graph.output('dx', gradients.get(x)!.dense!);
  for (const parameter of parameters) {
    const { dense } = gradients.get(parameter)!;
    if (!dense) continue;
    const target = options.accumulate
      ? add(dense, graph.input(`${PREVIOUS}${parameter.name}`, 'float32', parameter.shape))
      : dense;
    graph.output(`${GRADIENT}${parameter.name}`, target);
  }
  return graph;
}
