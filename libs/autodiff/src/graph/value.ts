import type { DType } from './dtype';
import type { Graph } from './graph';
import type { Shape } from './shape';

/** The result of a node, a graph input or a constant. Has a name and a type; data exist only when the graph runs. */
export class Value {
  constructor(
    readonly graph: Graph,
    readonly name: string,
    readonly dtype: DType,
    readonly shape: Shape,
    /** Whether the loss may be differentiated with respect to it. */
    readonly requiresGrad: boolean = false,
  ) {}

  get rank(): number {
    return this.shape.length;
  }
}
