import type { TokenizedPreference } from '@open-chatgpt/datasets';
import type { TrainingProgram } from '@open-chatgpt/models';
import { PREFERENCE_LOSSES, type StageSettings } from '@open-chatgpt/pipeline';
import { orInterrupted } from '../../trainer/stop';
import { trainOnRows } from '../../trainer/train-on-rows';
import { type ResponseProgress, type ResponseRun, reportEvaluation } from '../responses/response-run';
import { createPairEvaluator } from './evaluate';
import { decidedPairs, implicitRewards, rewardMetrics } from './implicit-rewards';
import { dpoObjective } from './objective';
import { pairBatch } from './pair-batch';
import { noReference, type PairLogProbs, prepareReference } from './reference';

export type DpoRun = ResponseRun<TokenizedPreference, StageSettings<'dpo'>>;

export interface DpoResult extends ResponseProgress {
  pairsEval: number;
  steps: number;
}

/**
 * Direct preference optimization (Rafailov et al. 2023) and its variants (`PREFERENCE_LOSSES`): the model learns to raise the
 * probability of the chosen response of each pair above that of the rejected one, most of them relative to a frozen reference. Its
 * weights change in place.
 *
 * The margins that some datasets give do not enter the loss; a pair's weight does.
 * @throws TrainingDiverged, TrainingInterrupted
 */
export async function trainDpo(run: DpoRun): Promise<DpoResult> {
  const { model, train, evaluation, config, listen, padTokenId, signal } = run;
  const { perDeviceEvalBatchSize: batchSize, maxLength } = config;
  const forward = { batchSize, maxLength, padTokenId, signal };
  const { precomputeRefLogProbs: precompute, lossType } = config;
  const prepare = () =>
    PREFERENCE_LOSSES[lossType].reference
      ? prepareReference({ ...run, precompute }, forward)
      : noReference(evaluation);
  const reference = await orInterrupted(prepare, 0, null);
  const evaluatePairs = createPairEvaluator(model, evaluation, reference.evaluation, {
    ...forward,
    ...config,
  });

  const evaluate = async (step: number): Promise<ResponseProgress> =>
    evaluation.length === 0
      ? {}
      : reportEvaluation(run, step, await evaluatePairs(), { pairs: evaluation.length });

  const { progress, totalSteps } = await trainOnRows<ResponseProgress>(
    {
      model,
      objective: dpoObjective(config),
      config,
      lengths: train.lengths,
      info: { pairs: train.size, evaluationPairs: evaluation.length },
      passes: async (numbers) => {
        const batches = await Promise.all(numbers.map((indices) => train.rows(indices)));
        const total = batches.flat();
        const passes = [];
        for (const [i, pairs] of batches.entries()) {
          const refLogProbs = await reference.train(pairs, numbers[i]);
          const { padded, inputs } = pairBatch(pairs, padTokenId, maxLength);
          passes.push({
            padded,
            inputs: {
              ...inputs,
              refLogProbs,
              weights: Float32Array.from(pairs, ({ weight }) => weight),
              shares: new Float32Array(pairs.length).fill(1 / total.length),
            },
            measure: (program: TrainingProgram) => measurePass(program, pairs, refLogProbs, total, config),
          });
        }
        return passes;
      },
      evaluate,
    },
    run,
  );
  const result: DpoResult = { ...progress, pairsEval: evaluation.length, steps: totalSteps };
  listen({ type: 'finished', summary: { ...result } });
  return result;
}

/** What a pass adds to the mean metrics of its step: each pair counts alike, whichever pass it is in. */
function measurePass(
  program: TrainingProgram,
  pairs: readonly TokenizedPreference[],
  refLogProbs: PairLogProbs,
  step: readonly TokenizedPreference[],
  config: StageSettings<'dpo'>,
): Record<string, number> {
  const logProbs = program.outputs.logProbs.floats;
  const metrics = rewardMetrics(implicitRewards(logProbs, refLogProbs, pairs, config), logProbs, pairs);
  const ofDecided = decidedPairs(pairs) / decidedPairs(step);
  const ofAll = pairs.length / step.length;
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [
      name,
      value * (name === 'accuracy' || name === 'margin' ? ofDecided : ofAll),
    ]),
  );
}
