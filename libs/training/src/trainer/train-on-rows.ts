import { createSampler, type PaddedBatch } from '@open-chatgpt/datasets';
import type { Model, Objective, TrainingProgram } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { drawDropout } from './dropout';
import { Optimizer, type OptimizerConfig } from './optimizer';
import { TrainingPrograms } from './programs';
import { optimizerFiles, restoreOptimizer } from './saved-state';
import { checkpointToResume, runSteps, type StageEnvironment } from './stage-loop';
import { StepMeter, type StepMeterState } from './step-meter';
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
  /** What it adds to the metrics of its step, beside the loss. */
  measure?(program: TrainingProgram): Record<string, number>;
}

export interface RowTraining<Progress> {
  model: Model;
  objective: Objective;
  config: RowTrainingConfig;
  /** Several examples in each row. */
  packed?: boolean;
  /** `[rows]`: tokens of each. */
  lengths: ArrayLike<number>;
  info: Record<string, number>;
  /** The passes of one step from the numbers of their rows, weighted so that the losses of all add up to the step's. */
  passes(batches: readonly (readonly number[])[]): Promise<Pass[]>;
  /** Tells how the model does after `step`, and gives back what is kept of it. */
  evaluate(step: number): Promise<Partial<Progress>>;
}

/** The loss of the first step and of the last so far. */
export interface LossProgress {
  lossFirst?: number;
  lossLast?: number;
}

/**
 * What SFT and reward modelling have in common: shuffled passes over the rows, one optimizer step for each few batches,
 * evaluations before, between and after, checkpoints from which the same losses follow. The weights change in place.
 *
 * @throws TrainingDiverged, TrainingInterrupted
 */
export async function trainOnRows<Progress extends LossProgress>(
  training: RowTraining<Progress>,
  environment: StageEnvironment,
): Promise<{ progress: Progress; totalSteps: number }> {
  const { model, config, lengths } = training;
  const { listen } = environment;
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

  const trainStep = async (step: number): Promise<void> => {
    const batches = Array.from({ length: config.gradientAccumulationSteps }, () => sampler.next().indices);
    let [loss, tokens] = [0, 0];
    const metrics: Record<string, number> = {};
    for (const [index, { padded, inputs, measure }] of (await training.passes(batches)).entries()) {
      const program = programs.of({ batch: padded.batchSize, length: padded.length }, index > 0);
      program.feed(inputs);
      drawDropout(program, config.lora?.loraDropout ?? 0, dropout.fork(`${step}:${index}`));
      await program.run();
      loss += program.scalar('loss');
      for (const [name, value] of Object.entries(measure?.(program) ?? {}))
        metrics[name] = (metrics[name] ?? 0) + value;
      tokens += padded.lengths.reduce((a, b) => a + b, 0);
    }
    const { gradNorm, learningRate } = await optimizer.update(loss);
    if (step === 1) progress.lossFirst = loss;
    progress.lossLast = loss;
    meter.add(step, { loss, ...metrics, gradNorm, learningRate }, tokens);
    if (config.evalSteps > 0 && step % config.evalSteps === 0 && step !== totalSteps) await evaluate(step);
  };

  listen({ type: 'started', totalSteps, step: startStep, info: training.info });
  if (startStep === 0) await evaluate(0);
  meter.restartClock();
  await runSteps(
    {
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
    environment,
  );
  await evaluate(totalSteps);
  return { progress, totalSteps };
}
