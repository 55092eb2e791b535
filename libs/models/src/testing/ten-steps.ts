import { AdamW, clipCoefficient, GradientNorm } from '@open-chatgpt/runtime';
import {
  expectClose,
  type GoldenTensor,
  goldenFloats,
  goldenIntegers,
  withPrefix,
} from '@open-chatgpt/testing';
import { compileTraining } from '../execution/compile-training';
import { languageModelLoss, shiftLabels } from '../heads/language-model-loss';
import type { Model } from '../model/model';

export const ADAMW = { adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8, weightDecay: 0.01 };

type Golden = Map<string, GoldenTensor>;

const int64s = (golden: Golden, name: string) => BigInt64Array.from(goldenIntegers(golden, name), BigInt);

/** The inputs of a graph over whole sequences. */
export function sequenceInputs(golden: Golden, packed: boolean): Record<string, BigInt64Array> {
  const inputIds = int64s(golden, 'input_ids');
  if (!packed) return { inputIds };
  return { inputIds, segmentIds: int64s(golden, 'segment_ids'), positionIds: int64s(golden, 'position_ids') };
}

/**
 * Trains a model for ten AdamW steps on the batch of a golden file, and compares the gradients of the first step, all
 * losses and gradient norms, and the last weights with those of PyTorch.
 * @param options.prefix of parameter names in the golden file
 */
export async function checkTenSteps(
  model: Model,
  golden: Golden,
  options: { packed: boolean; prefix: string; gradientCheckpointing: boolean },
): Promise<void> {
  const { packed, prefix } = options;
  const [batch, length] = golden.get('input_ids')!.shape;
  const program = compileTraining(model, languageModelLoss, { ...options, batch, length });
  const { labels, mask, count } = shiftLabels(goldenIntegers(golden, 'labels'), batch, length);
  program.feed({ ...sequenceInputs(golden, packed), labels, lossWeights: mask.map((m) => m / count) });
  const optimizer = new AdamW(model.trained, ADAMW);
  const norm = new GradientNorm(model.trained);
  const losses: number[] = [];
  const norms: number[] = [];
  for (let step = 0; step < 10; step++) {
    await program.run();
    if (step === 0) checkGradients(model, withPrefix(golden, `grad.${prefix}`));
    losses.push(program.scalar('loss'));
    norms.push(await norm.compute());
    await optimizer.step({ learningRate: 1e-3, gradientScale: clipCoefficient(norms[step], 1) });
  }
  expectClose([losses[0]], goldenFloats(golden, 'loss'), { rtol: 1e-5, name: 'loss' });
  expectClose(losses, goldenFloats(golden, 'losses'), { rtol: 1e-5, name: 'losses' });
  expectClose(norms, goldenFloats(golden, 'grad_norms'), { rtol: 1e-5, name: 'gradient norms' });
  for (const [parameter, data] of withPrefix(golden, `final.${prefix}`)) {
    // The gradient of a key bias is rounding noise, which Adam amplifies to a full step (tools/golden/README.md).
    if (/k_proj\.bias|c_attn\.bias/.test(parameter)) continue;
    expectClose(model.trained.get(parameter).data, data, { rtol: 1e-4, name: parameter });
  }
}

function checkGradients(model: Model, gradients: Map<string, Float32Array>): void {
  const scale = Math.max(...[...gradients.values()].flatMap((data) => Array.from(data, Math.abs)));
  expect([...gradients.keys()].sort()).toEqual(model.trained.names.sort());
  for (const [parameter, data] of gradients) {
    expectClose(model.trained.gradient(parameter).floats, data, { rtol: 1e-5, name: parameter, scale });
  }
}
