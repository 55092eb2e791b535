import { Graph, mul, sum } from '@open-chatgpt/autodiff';
import type { ParameterStore } from '../parameters/parameter-store';
import { type BoundRun, Session } from '../session';
import { Tensor } from '../tensor';
import { forEachChunk } from './chunks';

/** The global L2 norm of the gradients of all trained parameters. Chunk sums are added in float64 in a fixed order. */
export class GradientNorm {
  private readonly chunks: { run: BoundRun; total: Tensor }[];

  constructor(store: ParameterStore) {
    const graph = new Graph();
    const g = graph.input('g', 'float32', ['n']);
    graph.output('total', sum(mul(g, g)));
    const session = Session.create(graph);
    this.chunks = store.groups.flatMap(({ gradients }) =>
      forEachChunk([gradients], ([part]) => {
        const total = Tensor.zeros('float32', []);
        return { run: session.bind({ g: part }, { total }), total };
      }),
    );
  }

  async compute(): Promise<number> {
    let total = 0;
    for (const chunk of this.chunks) {
      await chunk.run.run();
      total += chunk.total.floats[0];
    }
    return Math.sqrt(total);
  }
}

/** Factor that scales a gradient of `norm` to at most `maxNorm` (torch.nn.utils.clip_grad_norm_). */
export function clipCoefficient(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6));
}
