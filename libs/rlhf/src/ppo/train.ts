import { createSampler, type TokenizedSupervised } from '@open-chatgpt/datasets';
import type { Model } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { createLedger, type LedgerReport, type LedgerState } from '../ledger';
import { createKlController, explainedVariance, type KlControllerState } from '../math';
import { type RewardNormalization, RewardScorer } from '../reward/scorer';
import type { Sample } from '../run/events';
import { TrainingDiverged } from '../trainer/errors';
import { optimizerFiles, restoreOptimizer } from '../trainer/saved-state';
import { checkpointToResume, runSteps, type StageEnvironment } from '../trainer/stage-loop';
import { StepMeter, type StepMeterState } from '../trainer/step-meter';
import { Actor } from './actor';
import type { PpoConfig } from './config';
import { Critic } from './critic';
import { type DescribeResponses, evaluatePolicy } from './evaluate';
import type { Experience } from './experience';
import { Learner, policyFeed, valueFeed } from './learner';
import { PolicyAverage } from './policy-average';
import { policyObjective } from './policy-objective';
import { PretrainingMix } from './pretraining-mix';
import type { SampleResponses } from './rollout';
import { valueObjective } from './value-objective';

export interface PpoRun extends StageEnvironment {
  policy: Model;
  /** The policy as it was before PPO, frozen; with LoRA it shares the policy's base. */
  reference: Model;
  rewardModel: Model;
  normalization: RewardNormalization;
  /** Starts as the reward model does. */
  valueModel: Model;
  /** Prompts as token ids. */
  prompts: readonly (readonly number[])[];
  evaluationPrompts: readonly (readonly number[])[];
  /** Examples whose SFT loss is mixed in, when ptxCoef is not 0. */
  pretraining?: readonly TokenizedSupervised[];
  /** Samples from `policy` as it is at that moment, at the configured temperature. */
  sampleResponses: SampleResponses;
  describe: DescribeResponses;
  padTokenId: number | null;
  config: PpoConfig;
}

export interface PpoResult {
  rewardFirst?: number;
  rewardLast?: number;
  rewardStdFirst?: number;
  klLast?: number;
  iterations: number;
  ledger: LedgerReport;
  samplesFirst: Sample[];
  samplesLast: Sample[];
}

/**
 * PPO from the reward model (Ziegler et al. 2019; Stiennon et al. 2020; Ouyang et al. 2022): sample, score, learn.
 * The policy's and the value model's weights change in place.
 */
export async function trainPpo(run: PpoRun): Promise<PpoResult> {
  const { config, policy, listen, padTokenId, prompts } = run;
  const { rolloutBatchSize, numPpoEpochs, numMiniBatches, maxPromptLength, responseLength, seed } = config;
  const iterations = config.iterations;
  const maxLength = maxPromptLength + responseLength;
  const batchSize = config.localRolloutForwardBatchSize;

  let ledger = createLedger();
  let klController = createKlController(config);
  const learning = {
    ...config,
    totalUpdates: iterations * numPpoEpochs * numMiniBatches,
    padTokenId,
    maxLength,
  };
  const policyLearner = new Learner(policy, policyObjective(config), policyFeed, {
    ...learning,
    optimizer: config,
  });
  const valueLearner = new Learner(run.valueModel, valueObjective(config), valueFeed, {
    ...learning,
    optimizer: { ...config, learningRate: config.valueLearningRate },
  });
  const mix =
    config.ptxCoef > 0 ? new PretrainingMix(policy, run.pretraining ?? [], { ...config, padTokenId }) : null;
  const average = config.emaDecay > 0 ? new PolicyAverage(policy.trained, config.emaDecay) : null;
  const sampler = createSampler({
    size: prompts.length,
    seed,
    batchSize: rolloutBatchSize,
    lastBatch: 'full',
  });

  interface Progress {
    rewardFirst?: number;
    rewardStdFirst?: number;
    rewardLast?: number;
    klLast?: number;
    samplesFirst: Sample[];
    samplesLast: Sample[];
  }
  let progress: Progress = { samplesFirst: [], samplesLast: [] };
  const meter = new StepMeter('ppo', iterations, config.loggingSteps, listen);
  const checkpoint = await checkpointToResume('ppo', run);
  const startStep = checkpoint?.step ?? 0;
  if (checkpoint) {
    const state = checkpoint.state as {
      policySteps: number;
      valueSteps: number;
      sampler: ReturnType<typeof sampler.state>;
      mix: ReturnType<PretrainingMix['state']> | null;
      klController: KlControllerState;
      ledger: LedgerState;
      meter: StepMeterState;
      progress: Progress;
    };
    await restoreOptimizer(checkpoint, policyLearner.optimizer, 'policy-', state.policySteps);
    await restoreOptimizer(checkpoint, valueLearner.optimizer, 'value-', state.valueSteps);
    await average?.restore(checkpoint);
    sampler.restore(state.sampler);
    meter.restore(state.meter);
    if (state.mix) mix?.restore(state.mix);
    klController = createKlController(config, state.klController);
    ledger = createLedger(state.ledger);
    progress = state.progress;
  }
  const scorer = new RewardScorer(run.rewardModel, {
    batchSize,
    maxLength,
    padTokenId,
    normalization: run.normalization,
  });
  const forward = { batchSize, maxLength, padTokenId };
  const critic = new Critic(scorer, run.valueModel, ledger, { ...config, ...forward });
  const actor = new Actor({ ...run, ...forward, temperature: config.temperature, ledger });

  const evaluateAt = async (step: number): Promise<void> => {
    if (run.evaluationPrompts.length === 0) return;
    const { reward, rewardStd, samples, metrics } = await evaluatePolicy(
      run.evaluationPrompts,
      run.sampleResponses,
      critic,
      run.describe,
      seed,
    );
    if (step === 0)
      progress = { ...progress, rewardFirst: reward, rewardStdFirst: rewardStd, samplesFirst: samples };
    progress = { ...progress, rewardLast: reward, samplesLast: samples };
    listen({ type: 'evaluated', stage: 'ppo', step, metrics: { reward, rewardStd, ...metrics } });
    listen({ type: 'samples', stage: 'ppo', step, samples });
    meter.restartClock();
  };

  const learn = async (experience: readonly Experience[], step: number): Promise<Record<string, number>> => {
    const totals: Record<string, number> = {};
    let updates = 0;
    const random = createRng(seed).fork(`minibatches:${step}`);
    for (let epoch = 0; epoch < numPpoEpochs; epoch++) {
      const shuffled = random.shuffle(experience);
      const size = Math.ceil(shuffled.length / numMiniBatches);
      for (let start = 0; start < shuffled.length; start += size) {
        const minibatch = shuffled.slice(start, start + size);
        const { valueLoss, valueClipFraction } = await valueLearner.update(minibatch);
        const metrics: Record<string, number> = { valueLoss, valueClipFraction };
        if (step > config.criticWarmup) {
          const { loss: _, ...policyMetrics } = await policyLearner.update(
            minibatch,
            mix ? () => mix.addGradients() : undefined,
          );
          Object.assign(metrics, policyMetrics);
          average?.update();
        }
        for (const [name, value] of Object.entries(metrics)) totals[name] = (totals[name] ?? 0) + value;
        updates++;
      }
    }
    return Object.fromEntries(Object.entries(totals).map(([name, total]) => [name, total / updates]));
  };

  const iterate = async (step: number): Promise<void> => {
    const clock = stopwatch();
    const items = sampler
      .next()
      .indices.map((promptIndex) => ({ promptIndex, prompt: prompts[promptIndex] }));
    const rollouts = await actor.rollOut(
      items,
      (step - 1) * rolloutBatchSize,
      createRng(seed)
        .fork(`rollout:${step}`)
        .int(2 ** 31),
    );
    const rolloutSeconds = clock();
    const klCoef = klController.value;
    const experience = await critic.judge(rollouts, klCoef);
    if (experience.length === 0)
      throw new TrainingDiverged(step, 'no usable response was generated', 'See the ledger for the reasons');
    const scoreSeconds = clock();
    const kl = mean(experience, (one) => one.kl);
    if (config.maxKl !== null && !(Math.abs(kl) <= config.maxKl)) {
      const remedy =
        'Raise klCoef, lower learningRate, or raise maxKl if this is wanted; the last checkpoint is from before';
      throw new TrainingDiverged(
        step,
        `the KL to the reference is ${kl.toFixed(2)} nats a response, maxKl ${config.maxKl}`,
        remedy,
      );
    }
    const learned = await learn(experience, step);
    for (const { id } of experience) ledger.trained(id);
    klController.update(kl, experience.length);
    progress.klLast = kl;
    const tokens = experience.reduce((sum, { prompt, response }) => sum + prompt.length + response.length, 0);
    const metrics = {
      reward: mean(experience, (one) => one.score),
      kl,
      klCoef,
      entropy: mean(experience, ({ logProbs }) => -logProbs.reduce((a, b) => a + b, 0) / logProbs.length),
      responseLength: mean(experience, ({ response }) => response.length),
      explainedVariance: explainedVariance(flatten(experience, 'values'), flatten(experience, 'returns')),
      ...learned,
      rolloutSeconds,
      scoreSeconds,
      learnSeconds: clock(),
    };
    meter.add(step, metrics, tokens);
    if (config.evalSteps > 0 && step % config.evalSteps === 0 && step !== iterations) await evaluateAt(step);
  };

  listen({
    type: 'started',
    stage: 'ppo',
    totalSteps: iterations,
    step: startStep,
    info: { prompts: prompts.length },
  });
  if (startStep === 0) await evaluateAt(0);
  meter.restartClock();
  await runSteps(
    {
      stage: 'ppo',
      totalSteps: iterations,
      startStep,
      saveSteps: config.saveSteps,
      saveTotalLimit: config.saveTotalLimit,
      step: iterate,
      content: () => ({
        files: {
          ...optimizerFiles(policyLearner.optimizer, 'policy-'),
          ...optimizerFiles(valueLearner.optimizer, 'value-'),
          ...average?.files(),
        },
        state: {
          policySteps: policyLearner.optimizer.stepCount,
          valueSteps: valueLearner.optimizer.stepCount,
          sampler: sampler.state(),
          mix: mix?.state() ?? null,
          klController: klController.state(),
          ledger: ledger.state(),
          meter: meter.state(),
          progress,
        },
      }),
    },
    run,
  );
  average?.apply();
  await evaluateAt(iterations);
  const report = ledger.report();
  const { samplesFirst: _first, samplesLast: _last, ...numbers } = progress;
  listen({
    type: 'finished',
    stage: 'ppo',
    summary: {
      ...numbers,
      iterations,
      generated: report.generated,
      trained: report.trained,
      dropped: JSON.stringify(report.dropped),
    },
  });
  return { ...progress, iterations, ledger: report };
}

function mean<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0) / items.length;
}

function flatten(experience: readonly Experience[], field: 'values' | 'returns'): number[] {
  return experience.flatMap((one) => Array.from(one[field]));
}

/** Seconds since the last call. */
function stopwatch(): () => number {
  let since = performance.now();
  return () => {
    const seconds = (performance.now() - since) / 1000;
    since = performance.now();
    return seconds;
  };
}
