import { add, cast, clamp, greater, maximum, mul, scale, sub, sum, type Value } from '@open-chatgpt/autodiff';
import { type Objective, scalarHead } from '@open-chatgpt/models';

export interface ValueObjectiveOptions {
  cliprangeValue: number;
  /** Weight of the loss; with a separate optimizer it matters only where gradients are clipped. */
  vfCoef: number;
}

/**
 * PPO's clipped value loss ½ Σ share·max((v − R)², (v_old + clip(v − v_old, ±ε) − R)²) (OpenAI baselines, ppo2).
 * Inputs [N, 1]: `oldValues`, `returns`, `shares`. Scalar outputs: `valueLoss`, before the weight,
 * and `valueClipFraction`.
 */
export function valueObjective({ cliprangeValue, vfCoef }: ValueObjectiveOptions): Objective {
  return ({ context, hidden }) => {
    const { graph, tokens } = context;
    const [oldValues, returns, shares] = ['oldValues', 'returns', 'shares'].map((name) =>
      graph.input(name, 'float32', [tokens, 1]),
    );
    const values = scalarHead(context, hidden);
    const change = clamp(sub(values, oldValues), graph.scalar(-cliprangeValue), graph.scalar(cliprangeValue));
    const squaredError = (value: Value) => {
      const error = sub(value, returns);
      return mul(error, error);
    };
    const free = squaredError(values);
    const bound = squaredError(add(oldValues, change));
    graph.output('valueClipFraction', sum(mul(cast(greater(bound, free), 'float32'), shares)));
    const valueLoss = scale(sum(mul(maximum(free, bound), shares)), 0.5);
    graph.output('valueLoss', valueLoss);
    return scale(valueLoss, vfCoef);
  };
}
