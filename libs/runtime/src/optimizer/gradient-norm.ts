import { concat, Graph, mul, reshape, sum, type Value } from '@open-chatgpt/autodiff';
import { currentDevice } from '../device';
import type { ParameterStore } from '../parameters/parameter-store';
import { type BoundRun, createSession } from '../session';
import { Tensor } from '../tensor';
import { forEachChunk } from './chunks';

/** A run that computes sums of squares, and the tensor that receives them. */
interface Squares {
  run: BoundRun;
  sums: Tensor;
}

/** The global L2 norm of the gradients of all trained parameters. Partial sums are added in float64 in a fixed order. */
export class GradientNorm {
  private readonly parts: readonly Squares[];

  constructor(store: ParameterStore) {
    this.parts = currentDevice().engine === 'xla' ? [wholeTensors(store)] : chunks(store);
  }

  async compute(): Promise<number> {
    let total = 0;
    for (const { run, sums } of this.parts) {
      await run.run();
      for (const sum of sums.floats) total += sum;
    }
    return Math.sqrt(total);
  }
}

const squareSum = (g: Value): Value => reshape(sum(mul(g, g)), [1]);

function chunks(store: ParameterStore): Squares[] {
  const graph = new Graph();
  graph.output('sums', squareSum(graph.input('g', 'float32', ['n'])));
  const session = createSession(graph);
  return store.groups.flatMap(({ gradients }) =>
    forEachChunk([gradients], ([g]) => {
      const sums = Tensor.zeros('float32', [1]);
      return { run: session.bind({ g }, { sums }), sums };
    }),
  );
}

/** One program for all gradients, where they are: on the device. */
function wholeTensors(store: ParameterStore): Squares {
  const gradients = store.groups.flatMap(({ parameters }) => parameters);
  const graph = new Graph();
  const parts = gradients.map(({ name, gradients: { shape } }) =>
    squareSum(graph.input(name, 'float32', shape)),
  );
  graph.output('sums', concat(parts, 0));
  const sums = Tensor.zeros('float32', [parts.length]);
  const inputs = Object.fromEntries(gradients.map(({ name, gradients: tensor }) => [name, tensor]));
  return { run: createSession(graph).bind(inputs, { sums }), sums };
}

/** Factor that scales a gradient of `norm` to at most `maxNorm` (torch.nn.utils.clip_grad_norm_). */
export function clipCoefficient(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6));
}
