import type { RowSource, TokenizedPrompt, UnpaddedRow } from '@open-chatgpt/datasets';
import type { Model } from '@open-chatgpt/models';
import type { PpoConfig } from '@open-chatgpt/pipeline';
import type { Sample } from '@open-chatgpt/runs';
import { createLedger, type LedgerReport, type LedgerState } from '@open-chatgpt/runs';
import { createKlController, type KlControllerState } from '../../losses/kl-controller';
import { TrainingDiverged } from '../../trainer/errors';
import { parameterCounts } from '../../trainer/parameter-counts';
import { optimizerFiles, restoreOptimizer } from '../../trainer/saved-state';
import { checkpointToResume, runSteps, type StageEnvironment } from '../../trainer/stage-loop';
import { StepMeter, type StepMeterState } from '../../trainer/step-meter';
import { orInterrupted } from '../../trainer/stop';
import { collectResults } from './collect-results';
import { EmaPolicy } from './ema-policy';
import { type DescribeResponses, summarizeEvaluation } from './evaluate';
import { type Experience, makeExperience } from './experience';
import { correctOffPolicy } from './importance-sampling';
import { experienceMetrics, timeMetrics } from './iteration-metrics';
import { learnEpochs } from './learn-epochs';
import { Learner } from './learner';
import { learningOptions } from './learning-options';
import { policyFeed } from './policy-feed';
import { policyObjective } from './policy-objective';
import { PretrainingMix } from './pretraining-mix';
import { type PlannerState, PromptPlanner } from './prompt-planner';
import { ResponseForward, responseLogProbs } from './response-forward';
import { type BatchResult, type DroppedSample, divideIntoBatches } from './rollout-batch';
import type { PpoWorkers } from './workers';

export interface PpoRun extends StageEnvironment {
  policy: Model;
  /** Sample from the policy, score, and train the value model. */
  workers: PpoWorkers;
  prompts: RowSource<TokenizedPrompt>;
  /** As token ids. */
  evaluationPrompts: readonly (readonly number[])[];
  /** Rows whose SFT loss is mixed in, when ptxCoef is not 0. */
  pretraining?: RowSource<UnpaddedRow> | null;
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

type Progress = Omit<PpoResult, 'iterations' | 'ledger'>;

/**
 * PPO from the reward model (Ziegler et al. 2019; Stiennon et al. 2020; Ouyang et al. 2022): sample, score, learn.
 * The policy's weights change in place.
 */
export async function trainPpo(run: PpoRun): Promise<PpoResult> {
  const { config, policy, workers, listen, padTokenId } = run;
  const { iterations, seed } = config;

  let ledger = createLedger();
  let klController = createKlController(config);
  const learning = { ...learningOptions(config), padTokenId };
  const learner = new Learner(policy, policyObjective(config), policyFeed(config), {
    ...learning,
    optimizer: config,
  });
  const currentLogProbs = new ResponseForward(policy, responseLogProbs(config.temperature), {
    ...learning,
    batchSize: config.localRolloutForwardBatchSize,
  });
  const mix =
    config.ptxCoef > 0 ? new PretrainingMix(policy, run.pretraining, { ...config, padTokenId }) : null;
  const emaPolicy = config.emaDecay > 0 ? new EmaPolicy(policy.trained, config.emaDecay) : null;

  let progress: Progress = { samplesFirst: [], samplesLast: [] };
  const meter = new StepMeter(iterations, config.loggingSteps, listen);
  const checkpoint = await checkpointToResume(run);
  const startStep = checkpoint?.step ?? 0;
  let plannerState: PlannerState | undefined;
  if (checkpoint) {
    const state = checkpoint.state as {
      policySteps: number;
      planner: PlannerState;
      mix: ReturnType<PretrainingMix['state']> | null;
      klController: KlControllerState;
      ledger: LedgerState;
      meter: StepMeterState;
      progress: Progress;
    };
    await restoreOptimizer(checkpoint, learner.optimizer, 'policy-', state.policySteps);
    await emaPolicy?.restore(checkpoint);
    plannerState = state.planner;
    meter.restore(state.meter);
    if (state.mix) mix?.restore(state.mix);
    klController = createKlController(config, state.klController);
    ledger = createLedger(state.ledger);
    progress = state.progress;
  }
  const planner = new PromptPlanner(run.prompts, config, startStep, plannerState);
  await workers.start(startStep, checkpoint);
  await workers.policyUpdated(startStep);

  const evaluateAt = async (step: number): Promise<void> => {
    const held = run.evaluationPrompts;
    if (held.length === 0) return;
    const prompts = held.map((prompt, i) => ({ sampleId: i, promptIndex: i, prompt }));
    const common = { iteration: step, evaluation: true, klCoef: 0, seed };
    const batches = divideIntoBatches(prompts, config.localRolloutForwardBatchSize, common);
    await workers.request(batches);
    const results = await collectResults(batches, { workers, planner });
    const { reward, rewardStd, samples, metrics } = await summarizeEvaluation(
      results,
      held.length,
      run.describe,
    );
    if (step === 0)
      progress = { ...progress, rewardFirst: reward, rewardStdFirst: rewardStd, samplesFirst: samples };
    progress = { ...progress, rewardLast: reward, samplesLast: samples };
    listen({ type: 'evaluated', step, metrics: { reward, rewardStd, ...metrics } });
    listen({ type: 'samples', step, samples });
    meter.restartClock();
  };

  /** The policy's updates of one iteration. During the warm-up of the critic there are none. */
  const learnPolicy = async (experience: readonly Experience[], step: number) => {
    if (step <= config.criticWarmup) return {};
    return learnEpochs(experience, step, config, async (minibatch) => {
      const { loss: _, ...metrics } = await learner.update(
        minibatch,
        mix ? () => mix.addGradients() : undefined,
      );
      emaPolicy?.update();
      return metrics;
    });
  };

  const iterate = async (step: number): Promise<void> => {
    // The workers may run ahead of the policy as far as the staleness budget allows.
    const horizon = Math.min(step + workers.maxStaleness, iterations);
    for (const { batches } of await planner.planUpTo(horizon, klController.value))
      await workers.request(batches);
    const plan = planner.take();
    const refused: DroppedSample[] = [];
    const results = await collectResults(plan.batches, { workers, planner, refused });
    // Not earlier: a step that is abandoned while it waits must change nothing, because a resumed run repeats it.
    const dropped = [...refused, ...results.flatMap((result) => result.dropped)];
    for (const { id } of [...dropped, ...results.flatMap((result) => result.samples)]) ledger.generated(id);
    for (const { id, reason } of dropped) ledger.dropped(id, reason);
    const samples = results.flatMap((result) => result.samples);
    if (samples.length === 0)
      throw new TrainingDiverged(step, 'no usable response was generated', reasonsOf(results));
    const metrics = experienceMetrics(samples, config);
    checkKl(step, metrics.kl, config.maxKl);

    const learningSince = performance.now();
    const experience = makeExperience(samples, plan.klCoef, config);
    const { corrected, ...correction } = await correctOffPolicy(
      experience,
      results,
      currentLogProbs,
      config.importanceSamplingCap,
    );
    const learningValue = workers.learnValue(experience, step);
    if (workers.sharesDevices) await learningValue;
    const [valueMetrics, policyMetrics] = await Promise.all([learningValue, learnPolicy(corrected, step)]);
    const learnSeconds = (performance.now() - learningSince) / 1000;
    for (const { id } of samples) ledger.trained(id);
    klController.update(metrics.kl, samples.length);
    progress.klLast = metrics.kl;
    planner.finish(plan);
    await workers.policyUpdated(step);

    const { kl, reward, ...others } = metrics;
    const tokens = samples.reduce((sum, { prompt, response }) => sum + prompt.length + response.length, 0);
    const learned = { ...valueMetrics, ...policyMetrics, ...correction };
    const all = { reward, kl, klCoef: plan.klCoef, ...others, ...learned };
    meter.add(step, { ...all, ...timeMetrics(results, learnSeconds) }, tokens);
  };

  listen({
    type: 'started',
    totalSteps: iterations,
    step: startStep,
    info: {
      prompts: run.prompts.size,
      evaluationPrompts: run.evaluationPrompts.length,
      ...parameterCounts(policy),
    },
  });
  if (startStep === 0) await orInterrupted(() => evaluateAt(0), 0, null);
  meter.restartClock();
  const last = await runSteps(
    {
      totalSteps: iterations,
      startStep,
      saveSteps: config.saveSteps,
      saveTotalLimit: config.saveTotalLimit,
      step: iterate,
      evalSteps: config.evalSteps,
      evaluate: evaluateAt,
      content: async (step) => ({
        files: {
          ...optimizerFiles(learner.optimizer, 'policy-'),
          ...(await workers.valueFiles(step)),
          ...emaPolicy?.files(),
        },
        state: {
          policySteps: learner.optimizer.stepCount,
          planner: planner.state(),
          mix: mix?.state() ?? null,
          klController: klController.state(),
          ledger: ledger.state(),
          meter: meter.state(),
          progress,
        },
      }),
      saved: (step) => workers.checkpointed(step),
    },
    run,
    checkpoint,
  );
  if (emaPolicy) {
    emaPolicy.apply();
    await workers.policyUpdated(iterations);
  }
  await orInterrupted(() => evaluateAt(iterations), iterations, last);
  const report = ledger.report();
  const { samplesFirst: _first, samplesLast: _last, ...numbers } = progress;
  listen({
    type: 'finished',
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

function checkKl(step: number, kl: number, maxKl: number | null): void {
  if (maxKl === null || Math.abs(kl) <= maxKl) return;
  throw new TrainingDiverged(
    step,
    `the KL to the reference is ${kl.toFixed(2)} nats a response, maxKl ${maxKl}`,
    'Raise klCoef, lower learningRate, or raise maxKl if this is wanted; the last checkpoint is from before',
  );
}

function reasonsOf(results: readonly BatchResult[]): string {
  const reasons = [...new Set(results.flatMap(({ dropped }) => dropped.map(({ reason }) => reason)))];
  return `All were dropped: ${reasons.join(', ')}`;
}
