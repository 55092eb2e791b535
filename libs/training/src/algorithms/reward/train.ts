import type { RowSource, TokenizedPreference } from '@open-chatgpt/datasets';
import type { Model, TrainingProgram } from '@open-chatgpt/models';
import type { RewardConfig } from '@open-chatgpt/pipeline';
import type { Sample } from '@open-chatgpt/runs';
import { createRunningMoments } from '../../losses/running-moments';
import { IDENTITY_NORMALIZATION, type RewardNormalization } from '../../pipeline/reward-model';
import type { StageEnvironment } from '../../trainer/stage-loop';
import { orInterrupted } from '../../trainer/stop';
import { type LossProgress, trainOnRows } from '../../trainer/train-on-rows';
import { createPairEvaluator, type PairEvaluation } from './evaluate';
import { pairwiseObjective } from './objective';
import { pairBatch, scoringInputs } from './pair-batch';
import { RewardScorer } from './scorer';

/** Responses that the normalization is measured on. */
const REFERENCE_RESPONSES = 512;

export interface RewardRun extends StageEnvironment {
  /** With a scalar head. */
  model: Model;
  train: RowSource<TokenizedPreference>;
  evaluation: readonly TokenizedPreference[];
  padTokenId: number | null;
  config: RewardConfig;
  /** Held-out pairs with their scores, for people to read. */
  sample?: (evaluation: PairEvaluation) => Sample[];
}

/** Without an evaluation where nothing was held out. */
interface RewardProgress extends LossProgress {
  accuracyBefore?: number;
  accuracyAfter?: number;
  marginAfter?: number;
}

export interface RewardResult extends RewardProgress {
  pairsEval: number;
  normalization: RewardNormalization;
  steps: number;
}

/** Reward model training: the model learns to score the chosen response of each pair above the rejected one. */
export async function trainReward(run: RewardRun): Promise<RewardResult> {
  const { model, train, evaluation, config, listen, padTokenId, signal } = run;
  const { perDeviceEvalBatchSize: batchSize, maxLength, useMargin } = config;
  const scoring = { batchSize, maxLength, padTokenId };
  const evaluatePairs = createPairEvaluator(model, evaluation, scoring, signal);

  const evaluate = async (step: number): Promise<RewardProgress> => {
    if (evaluation.length === 0) return {};
    const result = await evaluatePairs();
    const { loss, accuracy, margin } = result;
    listen({
      type: 'evaluated',
      step,
      metrics: { evalLoss: loss, accuracy, margin, pairs: evaluation.length },
    });
    const samples = run.sample?.(result) ?? [];
    if (samples.length > 0) listen({ type: 'samples', step, samples });
    const before = step === 0 ? { accuracyBefore: accuracy } : {};
    return { ...before, accuracyAfter: accuracy, marginAfter: margin };
  };

  const { progress, totalSteps, checkpoint } = await trainOnRows<RewardProgress>(
    {
      model,
      objective: pairwiseObjective(config.centerRewardsCoefficient),
      config,
      lengths: train.lengths,
      info: { pairs: train.size, evaluationPairs: evaluation.length },
      passes: async (numbers) => {
        const share = 1 / numbers.reduce((sum, indices) => sum + indices.length, 0);
        const batches = await Promise.all(numbers.map((indices) => train.rows(indices)));
        return batches.map((pairs) => {
          const padded = pairBatch(pairs, padTokenId, maxLength);
          const inputs = {
            ...scoringInputs(padded),
            margins: Float32Array.from(pairs, (pair) => (useMargin ? pair.margin : 0)),
            weights: Float32Array.from(pairs, (pair) => pair.weight),
            shares: new Float32Array(pairs.length).fill(share),
          };
          return { padded, inputs, measure: (program) => measurePairs(program, pairs.length, share) };
        });
      },
      evaluate,
    },
    run,
  );
  const measure = () => measureNormalization(new RewardScorer(model, scoring), train, signal);
  const normalization = config.normalizeRewards
    ? await orInterrupted(measure, totalSteps, checkpoint)
    : IDENTITY_NORMALIZATION;
  const result: RewardResult = {
    ...progress,
    pairsEval: evaluation.length,
    normalization,
    steps: totalSteps,
  };
  const { normalization: _, ...numbers } = result;
  listen({ type: 'finished', summary: { ...numbers, ...normalization } });
  return result;
}

/** The accuracy and margin of a pass, each pair counting `share`. */
function measurePairs(program: TrainingProgram, pairs: number, share: number) {
  const scores = program.outputs.scores.floats;
  let [accuracy, margin] = [0, 0];
  for (let pair = 0; pair < pairs; pair++) {
    const difference = scores[pair] - scores[pair + pairs];
    accuracy += difference > 0 ? share : 0;
    margin += difference * share;
  }
  return { accuracy, margin };
}

/** Mean and standard deviation of the scores of reference responses: chosen and rejected alike, from the training pairs. */
async function measureNormalization(
  scorer: RewardScorer,
  pairs: RowSource<TokenizedPreference>,
  signal: AbortSignal | undefined,
): Promise<RewardNormalization> {
  const first = Array.from({ length: Math.min(REFERENCE_RESPONSES / 2, pairs.size) }, (_, index) => index);
  const reference = (await pairs.rows(first)).flatMap((pair) => [pair.chosenIds, pair.rejectedIds]);
  const moments = createRunningMoments();
  for (const score of await scorer.score(reference, signal)) moments.push(score);
  return { mean: moments.mean, std: moments.std > 0 ? moments.std : 1 };
}
