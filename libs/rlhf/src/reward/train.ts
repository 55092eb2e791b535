import { createSampler, type TokenizedPreference } from '@open-chatgpt/datasets';
import type { Model } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { createRunningMoments } from '../math';
import type { Sample } from '../run/events';
import { drawDropout } from '../trainer/dropout';
import { Optimizer } from '../trainer/optimizer';
import { TrainingPrograms } from '../trainer/programs';
import { optimizerFiles, restoreOptimizer } from '../trainer/saved-state';
import { checkpointToResume, runSteps, type StageEnvironment } from '../trainer/stage-loop';
import { StepMeter, type StepMeterState } from '../trainer/step-meter';
import { countTotalSteps } from '../trainer/total-steps';
import type { RewardConfig } from './config';
import { createPairEvaluator, type PairEvaluation } from './evaluate';
import { pairwiseObjective } from './objective';
import { pairBatch, scoringInputs } from './pair-batch';
import { IDENTITY_NORMALIZATION, type RewardNormalization, RewardScorer } from './scorer';

/** Responses that the normalization is measured on. */
const REFERENCE_RESPONSES = 512;

export interface RewardRun extends StageEnvironment {
  /** With a scalar head. */
  model: Model;
  train: readonly TokenizedPreference[];
  evaluation: readonly TokenizedPreference[];
  padTokenId: number | null;
  config: RewardConfig;
  /** Held-out pairs with their scores, for people to read. */
  sample?: (evaluation: PairEvaluation) => Sample[];
}

export interface RewardResult {
  accuracyBefore?: number;
  accuracyAfter?: number;
  marginAfter?: number;
  lossFirst?: number;
  lossLast?: number;
  pairsEval: number;
  normalization: RewardNormalization;
  steps: number;
}

/** Reward model training: the model learns to score the chosen response of each pair above the rejected one. */
export async function trainReward(run: RewardRun): Promise<RewardResult> {
  const { model, train, evaluation, config, listen, padTokenId } = run;
  const { perDeviceTrainBatchSize, gradientAccumulationSteps, maxLength, useMargin } = config;

  const totalSteps = countTotalSteps(config, train.length);
  const optimizer = new Optimizer(model.trained, config, totalSteps);
  const programs = new TrainingPrograms(model, pairwiseObjective(config.centerRewardsCoefficient), config);
  const lengths = train.map((pair) => Math.max(pair.chosenIds.length, pair.rejectedIds.length));
  const sampler = createSampler({
    size: train.length,
    seed: config.seed,
    batchSize: perDeviceTrainBatchSize,
    groupByLength: config.groupByLength ? lengths : undefined,
    lastBatch: 'full',
  });
  const dropout = createRng(config.seed).fork('dropout');
  const scoring = { batchSize: config.perDeviceEvalBatchSize, maxLength, padTokenId };
  const evaluate = createPairEvaluator(model, evaluation, scoring);

  let progress: Omit<RewardResult, 'pairsEval' | 'normalization' | 'steps'> = {};
  const meter = new StepMeter('reward', totalSteps, config.loggingSteps, listen);
  const checkpoint = await checkpointToResume('reward', run);
  const startStep = checkpoint?.step ?? 0;
  if (checkpoint) {
    const state = checkpoint.state as {
      sampler: ReturnType<typeof sampler.state>;
      meter: StepMeterState;
      progress: typeof progress;
    };
    await restoreOptimizer(checkpoint, optimizer, '', startStep);
    sampler.restore(state.sampler);
    meter.restore(state.meter);
    progress = state.progress;
  }

  const evaluateAt = async (step: number): Promise<void> => {
    if (evaluation.length === 0) return;
    const result = await evaluate();
    const { loss, accuracy, margin } = result;
    if (step === 0) progress.accuracyBefore = accuracy;
    progress = { ...progress, accuracyAfter: accuracy, marginAfter: margin };
    listen({
      type: 'evaluated',
      stage: 'reward',
      step,
      metrics: { evalLoss: loss, accuracy, margin, pairs: evaluation.length },
    });
    const samples = run.sample?.(result) ?? [];
    if (samples.length > 0) listen({ type: 'samples', stage: 'reward', step, samples });
    meter.restartClock();
  };

  const trainStep = async (step: number): Promise<void> => {
    const batches = Array.from({ length: gradientAccumulationSteps }, () =>
      sampler.next().indices.map((index) => train[index]),
    );
    const share = 1 / batches.reduce((sum, pairs) => sum + pairs.length, 0);
    let [loss, accuracy, margin, tokens] = [0, 0, 0, 0];
    for (const [index, pairs] of batches.entries()) {
      const padded = pairBatch(pairs, padTokenId, maxLength);
      const program = programs.of({ batch: padded.batchSize, length: padded.length }, index > 0);
      program.feed({
        ...scoringInputs(padded),
        margins: Float32Array.from(pairs, (pair) => (useMargin ? pair.margin : 0)),
        weights: Float32Array.from(pairs, (pair) => pair.weight),
        shares: new Float32Array(pairs.length).fill(share),
      });
      drawDropout(program, config.lora?.loraDropout ?? 0, dropout.fork(`${step}:${index}`));
      await program.run();
      loss += program.scalar('loss');
      const scores = program.outputs.scores.floats;
      for (let pair = 0; pair < pairs.length; pair++) {
        const difference = scores[pair] - scores[pair + pairs.length];
        accuracy += difference > 0 ? share : 0;
        margin += difference * share;
      }
      tokens += padded.lengths.reduce((a, b) => a + b, 0);
    }
    const { gradNorm, learningRate } = await optimizer.update(loss);
    if (step === 1) progress.lossFirst = loss;
    progress.lossLast = loss;
    meter.add(step, { loss, accuracy, margin, gradNorm, learningRate }, tokens);
    if (config.evalSteps > 0 && step % config.evalSteps === 0 && step !== totalSteps) await evaluateAt(step);
  };

  const info = { pairs: train.length, evaluationPairs: evaluation.length };
  listen({ type: 'started', stage: 'reward', totalSteps, step: startStep, info });
  if (startStep === 0) await evaluateAt(0);
  meter.restartClock();
  await runSteps(
    {
      stage: 'reward',
      totalSteps,
      startStep,
      saveSteps: config.saveSteps,
      saveTotalLimit: config.saveTotalLimit,
      step: trainStep,
      content: () => ({
        files: optimizerFiles(optimizer, ''),
        state: { sampler: sampler.state(), meter: meter.state(), progress },
      }),
    },
    run,
  );
  await evaluateAt(totalSteps);
  const normalization = config.normalizeRewards
    ? await measureNormalization(new RewardScorer(model, scoring), train)
    : IDENTITY_NORMALIZATION;
  const result: RewardResult = {
    ...progress,
    pairsEval: evaluation.length,
    normalization,
    steps: totalSteps,
  };
  const { normalization: _, ...numbers } = result;
  listen({ type: 'finished', stage: 'reward', summary: { ...numbers, ...normalization } });
  return result;
}

/** Mean and standard deviation of the scores of reference responses: chosen and rejected alike, from the training pairs. */
async function measureNormalization(
  scorer: RewardScorer,
  pairs: readonly TokenizedPreference[],
): Promise<RewardNormalization> {
  const reference = pairs
    .slice(0, REFERENCE_RESPONSES / 2)
    .flatMap((pair) => [pair.chosenIds, pair.rejectedIds]);
  const moments = createRunningMoments();
  for (const score of await scorer.score(reference)) moments.push(score);
  return { mean: moments.mean, std: moments.std > 0 ? moments.std : 1 };
}
