import type { Model, TrainingProgram } from '@open-chatgpt/models';
import { Optimizer } from '../trainer/optimizer';

/** The optimizer of tools/golden. */
const GOLDEN_OPTIMIZER = {
  learningRate: 1e-3,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  weightDecay: 0.01,
  maxGradNorm: 1,
  lrSchedulerType: 'constant',
} as const;

/**
 * Ten updates on one batch, under the names that golden files give to what comes of them.
 * @param feed gives the program the inputs that depend on the weights, before each step
 */
export async function tenSteps(program: TrainingProgram, model: Model, feed = async () => {}) {
  const optimizer = new Optimizer(model.trained, GOLDEN_OPTIMIZER, 10);
  const results: Record<string, ArrayLike<number>> = {};
  const losses: number[] = [];
  const norms: number[] = [];
  for (let step = 0; step < 10; step++) {
    await feed();
    await program.run();
    if (step === 0) {
      for (const { name } of model.trained.all)
        results[`grad.${name}`] = model.trained.gradient(name).floats.slice();
    }
    losses.push(program.scalar('loss'));
    norms.push((await optimizer.update(losses[step])).gradNorm);
  }
  for (const { name, data } of model.trained.all) results[`final.${name}`] = data;
  return { ...results, loss: [losses[0]], losses, grad_norms: norms } as Record<string, ArrayLike<number>>;
}
