import { createSampler, type PaddedBatch } from '@open-chatgpt/datasets';
import type { Model, Objective, TrainingProgram } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { nothingLearned } from '../schedule/nothing-learned';
import { drawDropout } from './dropout';
import { Optimizer, type OptimizerConfig } from './optimizer';
import { parameterCounts } from './parameter-counts';
import { TrainingPrograms } from './programs';
import { optimizerFiles, restoreOptimizer } from './saved-state';
import { checkpointToResume, runSteps, type StageEnvironment } from './stage-loop';
import { StepMeter, type StepMeterState } from './step-meter';
import { checkStop, orInterrupted } from './stop';
import { countTotalSteps, type EpochConfig } from './total-steps';

export interface RowTrainingConfig extends EpochConfig, OptimizerConfig {
  seed: number;
  loggingSteps: number;
  evalSteps: number;
  saveSteps: number;
  saveTotalLimit: number | null;
  gradientCheckpointing: boolean;
  groupByLength: boolean;
  lora: { loraDropout: number } | null;
}

/** One forward and backward pass over a few rows. */
export interface Pass {
  padded: PaddedBatch;
  inputs: Parameters<TrainingProgram['feed']>[0];
  /** Metrics that the pass adds to those of its step, beside the loss. */
  measure?(program: TrainingProgram): Record<string, number>;
}

export interface RowTraining<Progress> {
  model: Model;
  objective: Objective;
  config: RowTrainingConfig;
  /** Whether rows contain several examples. */
  packed?: boolean;
  /** Number of tokens of each row, [rows]. */
  lengths: ArrayLike<number>;
  info: Record<string, number>;
  /** The passes of one step from the indices of their rows. Their weighted losses sum to the loss of the step. */
  passes(batches: readonly (readonly number[])[]): Promise<Pass[]>;
  /**
   * Evaluates the model after `step`, reports the result, and returns the part of it for checkpoints. Throws StepAbandoned
   * on abort, and has reported nothing then.
   */
  evaluate(step: number): Promise<Partial<Progress>>;
}

/** The loss of the first step and of the latest step. */
export interface LossProgress {
  lossFirst?: number;
  lossLast?: number;
}

/**
 * The common loop of algorithms that train on rows: shuffled epochs, one optimizer step for each
 * `gradientAccumulationSteps` batches, evaluations before, during and after the training, and checkpoints from which a
 * resumed run computes the same losses. Updates the weights in place.
 *
 * @throws TrainingDiverged, TrainingInterrupted
 */
export async function trainOnRows<Progress extends LossProgress>(
  training: RowTraining<Progress>,
  environment: StageEnvironment,
): Promise<{ progress: Progress; totalSteps: number; checkpoint: string | null }> {
  const { model, config, lengths } = training;
  const { listen, signal } = environment;
  const totalSteps = countTotalSteps(config, lengths.length);
  const optimizer = new Optimizer(model.trained, config, totalSteps);
  const programs = new TrainingPrograms(model, training.objective, { ...config, packed: training.packed });
  const sampler = createSampler({
    size: lengths.length,
    seed: config.seed,
    batchSize: config.perDeviceTrainBatchSize,
    groupByLength: config.groupByLength ? lengths : undefined,
    lastBatch: 'full',
  });
  const dropout = createRng(config.seed).fork('dropout');
  const meter = new StepMeter(totalSteps, config.loggingSteps, listen);
  let progress = {} as Progress;

  const checkpoint = await checkpointToResume(environment);
  const startStep = checkpoint?.step ?? 0;
  if (checkpoint) {
    const state = checkpoint.state as {
      sampler: ReturnType<typeof sampler.state>;
      meter: StepMeterState;
      progress: Progress;
    };
    await restoreOptimizer(checkpoint, optimizer, '', startStep);
    sampler.restore(state.sampler);
    meter.restore(state.meter);
    progress = state.progress;
  }

  const evaluate = async (step: number): Promise<void> => {
    progress = { ...progress, ...(await training.evaluate(step)) };
    meter.restartClock();
  };

  /** Gradients of all passes of a step. @throws StepAbandoned */
  const computeGradients = async (step: number) => {
    const batches = Array.from({ length: config.gradientAccumulationSteps }, () => sampler.next().indices);
    let [loss, tokens] = [0, 0];
    const metrics: Record<string, number> = {};
    for (const [index, { padded, inputs, measure }] of (await training.passes(batches)).entries()) {
      // A step of one pass is completed; the passes of a longer one may take minutes.
      if (index > 0) checkStop(signal);
      const program = programs.of({ batch: padded.batchSize, length: padded.length }, index > 0);
      program.feed(inputs);
      drawDropout(program, config.lora?.loraDropout ?? 0, dropout.fork(`${step}:${index}`));
      await program.run();
      loss += program.scalar('loss');
      for (const [name, value] of Object.entries(measure?.(program) ?? {}))
        metrics[name] = (metrics[name] ?? 0) + value;
      tokens += padded.lengths.reduce((a, b) => a + b, 0);
    }
    return { loss, tokens, metrics };
  };

  const trainStep = async (step: number): Promise<void> => {
    const position = sampler.state();
    const { loss, tokens, metrics } = await computeGradients(step).catch((error) => {
      // Nothing else has changed yet.
      sampler.restore(position);
      throw error;
    });
    const { gradNorm, learningRate } = await optimizer.update(loss);
    if (step === 1) progress.lossFirst = loss;
    progress.lossLast = loss;
    meter.add(step, { loss, ...metrics, gradNorm, learningRate }, tokens);
  };

  listen({
    type: 'started',
    totalSteps,
    step: startStep,
    info: { ...training.info, ...parameterCounts(model) },
  });
  for (const message of nothingLearned(config, totalSteps)) listen({ type: 'warning', message });
  if (startStep === 0) await orInterrupted(() => evaluate(0), 0, null);
  meter.restartClock();
  const last = await runSteps(
    {
      totalSteps,
      startStep,
      saveSteps: config.saveSteps,
      saveTotalLimit: config.saveTotalLimit,
      step: trainStep,
      evalSteps: config.evalSteps,
      evaluate,
      content: () => ({
        files: optimizerFiles(optimizer, ''),
        state: { sampler: sampler.state(), meter: meter.state(), progress },
      }),
    },
    environment,
    checkpoint,
  );
  await orInterrupted(() => evaluate(totalSteps), totalSteps, last);
  return { progress, totalSteps, checkpoint: last };
}
