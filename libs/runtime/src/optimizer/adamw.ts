import { add, div, Graph, mul, type Shape, sub, type Value } from '@open-chatgpt/autodiff';
import type { Bindings } from '../bindings';
import { currentDevice } from '../device';
import { Arena } from '../parameters/arena';
import type { ParameterStore, TrainableGroup } from '../parameters/parameter-store';
import { type BoundRun, createSession, type Session } from '../session';
import { Tensor } from '../tensor';
import { forEachChunk } from './chunks';

export interface AdamWOptions {
  adamBeta1: number;
  adamBeta2: number;
  adamEpsilon: number;
  weightDecay: number;
}

export interface AdamWStep {
  learningRate: number;
  /** Factor on the gradients before use: the clipping coefficient, and 1 / (number of accumulated batches). */
  gradientScale?: number;
}

const SCALARS = ['firstFactor', 'secondFactor', 'stepSize', 'epsilon', 'keep'] as const;
type Scalars = Record<(typeof SCALARS)[number], Tensor>;

/**
 * AdamW (Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101; torch.optim.AdamW), in place over the store's
 * arenas: chunk by chunk on ONNX Runtime's threads, or tensor by tensor on a device. Weight decay applies to tensors of
 * rank ≥ 2.
 */
export class AdamW {
  /** First and second moments, one pair for each of the store's groups. */
  readonly moments: readonly { first: Arena; second: Arena }[];
  /** Number of updates so far. */
  stepCount = 0;
  private readonly groups: { scalars: Scalars; decay: boolean; runs: BoundRun[] }[];

  constructor(
    store: ParameterStore,
    readonly options: AdamWOptions,
  ) {
    const { adamBeta1, adamBeta2 } = options;
    const bind = tensorUpdates((shape) => updateGraph(adamBeta1, adamBeta2, shape));
    this.moments = store.groups.map(({ parameters }) => {
      const arena = () =>
        new Arena(
          parameters.map(({ weights }) => weights.shape),
          store.momentsHome,
        );
      return { first: arena(), second: arena() };
    });
    this.groups = store.groups.map((group, index) => {
      const scalars = Object.fromEntries(
        SCALARS.map((name) => [name, Tensor.zeros('float32', [])]),
      ) as Scalars;
      const runs = updatedTensors(group, this.moments[index]).map(([w, g, m, v]) =>
        bind(w.shape, { w, g, m, v, ...scalars }, { newW: w, newM: m, newV: v }),
      );
      return { scalars, decay: group.decay, runs };
    });
  }

  /** One update of all trained parameters from the gradients in the store. */
  async step({ learningRate, gradientScale = 1 }: AdamWStep): Promise<void> {
    const { adamBeta1, adamBeta2, adamEpsilon, weightDecay } = this.options;
    this.stepCount++;
    const firstCorrection = 1 - adamBeta1 ** this.stepCount;
    const secondCorrection = Math.sqrt(1 - adamBeta2 ** this.stepCount);
    for (const { scalars, decay, runs } of this.groups) {
      scalars.firstFactor.floats[0] = (1 - adamBeta1) * gradientScale;
      scalars.secondFactor.floats[0] = (1 - adamBeta2) * gradientScale * gradientScale;
      // lr · m̂ / (√v̂ + ε), with the bias corrections moved into the two scalars.
      scalars.stepSize.floats[0] = (learningRate * secondCorrection) / firstCorrection;
      scalars.epsilon.floats[0] = adamEpsilon * secondCorrection;
      scalars.keep.floats[0] = 1 - learningRate * (decay ? weightDecay : 0);
      for (const run of runs) await run.run();
    }
  }
}

/** Weights, gradients and moments of each update: whole parameters on a device, else chunks that fit into the cache. */
function updatedTensors(
  { weights, gradients, parameters }: TrainableGroup,
  { first, second }: { first: Arena; second: Arena },
): Tensor[][] {
  if (currentDevice().engine === 'onnxruntime')
    return forEachChunk([weights, gradients, first, second], (parts) => parts);
  return parameters.map(({ weights, gradients, moments: sharding }, index) => {
    const moments = [first, second].map(({ tensors }) => tensors[index]);
    for (const moment of moments) moment.shard(sharding);
    return [weights, gradients, ...moments];
  });
}

/** Binds sessions, one for each shape on a device, which needs fixed sizes, else one for all. */
function tensorUpdates(graphOf: (shape: Shape) => Graph) {
  const sessions = new Map<string, Session>();
  const fixed = currentDevice().engine === 'xla';
  return (shape: Shape, inputs: Bindings, outputs: Bindings): BoundRun => {
    const key = fixed ? shape.join() : '';
    const session = sessions.get(key) ?? createSession(graphOf(fixed ? shape : ['n']));
    sessions.set(key, session);
    return session.bind(inputs, outputs);
  };
}

/** Elementwise, so that outputs may share the memory of inputs. */
function updateGraph(beta1: number, beta2: number, shape: Shape): Graph {
  const graph = new Graph();
  const [w, g, m, v] = ['w', 'g', 'm', 'v'].map((name) => graph.input(name, 'float32', shape));
  const [firstFactor, secondFactor, stepSize, epsilon, keep] = SCALARS.map((name) =>
    graph.input(name, 'float32', []),
  );
  const newM = add(mul(m, graph.scalar(beta1)), mul(g, firstFactor));
  const newV = add(mul(v, graph.scalar(beta2)), mul(mul(g, secondFactor), g));
  const update = div(mul(newM, stepSize), add(squareRoot(newV), epsilon));
  graph.output('newM', newM);
  graph.output('newV', newV);
  graph.output('newW', sub(mul(w, keep), update));
  return graph;
}

function squareRoot(x: Value): Value {
  return x.graph.node('Sqrt', [x], {}, [{ shape: x.shape }])[0];
}
