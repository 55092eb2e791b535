import {
  createSampler,
  type RowSource,
  type TokenizedSupervised,
  type UnpaddedRow,
} from '@open-chatgpt/datasets';
import { languageModelLoss, type Model } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import type { Sample } from '../run/events';
import { drawDropout } from '../trainer/dropout';
import { Optimizer } from '../trainer/optimizer';
import { TrainingPrograms } from '../trainer/programs';
import { optimizerFiles, restoreOptimizer } from '../trainer/saved-state';
import { checkpointToResume, runSteps, type StageEnvironment } from '../trainer/stage-loop';
import { StepMeter, type StepMeterState } from '../trainer/step-meter';
import { countTotalSteps } from '../trainer/total-steps';
import { type SftBatch, sequenceInputs, sftBatch } from './batch';
import type { SftConfig } from './config';
import { createEvaluator } from './evaluate';

export interface SftRun extends StageEnvironment {
  model: Model;
  /** Packed where the configuration says so. */
  train: RowSource<UnpaddedRow>;
  evaluation: readonly TokenizedSupervised[];
  padTokenId: number | null;
  config: SftConfig;
  /** Answers to held-out prompts, for people to read, with whatever can be measured on them (exact match). */
  sample?: () => Promise<{ samples: Sample[]; metrics: Record<string, number> }>;
}

export interface SftResult {
  /** Missing where nothing was held out. */
  evalLossBefore?: number;
  evalLossAfter?: number;
  lossFirst?: number;
  lossLast?: number;
  tokensPerSecond: number;
  steps: number;
}

/** Supervised fine-tuning: the model learns to give the responses of the examples, and its weights change in place. */
export async function trainSft(run: SftRun): Promise<SftResult> {
  const { model, train, config, listen, padTokenId } = run;
  const { perDeviceTrainBatchSize, gradientAccumulationSteps, maxLength, packing } = config;

  const totalSteps = countTotalSteps(config, train.size);
  const optimizer = new Optimizer(model.trained, config, totalSteps);
  const programs = new TrainingPrograms(model, languageModelLoss, { ...config, packed: packing });
  const sampler = createSampler({
    size: train.size,
    seed: config.seed,
    batchSize: perDeviceTrainBatchSize,
    groupByLength: config.groupByLength ? train.lengths : undefined,
    lastBatch: 'full',
  });
  const dropout = createRng(config.seed).fork('dropout');
  const evaluate = createEvaluator(model, run.evaluation, {
    batchSize: config.perDeviceEvalBatchSize,
    maxLength,
    padTokenId,
  });

  let progress: Omit<SftResult, 'tokensPerSecond' | 'steps'> = {};
  let [tokens, seconds] = [0, 0];
  const meter = new StepMeter('sft', totalSteps, config.loggingSteps, (event) => {
    if (event.type === 'step') [tokens, seconds] = [tokens + event.tokens, seconds + event.seconds];
    listen(event);
  });
  const checkpoint = await checkpointToResume('sft', run);
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
    if (run.evaluation.length > 0) {
      const { loss, perplexity } = await evaluate();
      progress.evalLossAfter = loss;
      if (step === 0) progress.evalLossBefore = loss;
      listen({ type: 'evaluated', stage: 'sft', step, metrics: { evalLoss: loss, perplexity } });
    }
    const answers = await run.sample?.();
    if (answers) {
      if (Object.keys(answers.metrics).length)
        listen({ type: 'evaluated', stage: 'sft', step, metrics: answers.metrics });
      listen({ type: 'samples', stage: 'sft', step, samples: answers.samples });
    }
    meter.restartClock();
  };

  const trainStep = async (step: number): Promise<void> => {
    const batches: SftBatch[] = [];
    for (let pass = 0; pass < gradientAccumulationSteps; pass++) {
      const rows = await train.rows(sampler.next().indices);
      batches.push(sftBatch(rows, padTokenId, maxLength));
    }
    // The mean is over the labels of all passes together, so that accumulation changes nothing but memory.
    const labelCount = batches.reduce((sum, { count }) => sum + count, 0);
    let loss = 0;
    for (const [index, { padded, labels, mask }] of batches.entries()) {
      const program = programs.of({ batch: padded.batchSize, length: padded.length }, index > 0);
      program.feed({
        ...sequenceInputs(padded, packing),
        labels,
        lossWeights: mask.map((one) => one / labelCount),
      });
      drawDropout(program, config.lora?.loraDropout ?? 0, dropout.fork(`${step}:${index}`));
      await program.run();
      loss += program.scalar('loss');
    }
    const { gradNorm, learningRate } = await optimizer.update(loss);
    if (step === 1) progress.lossFirst = loss;
    progress.lossLast = loss;
    const processed = batches.reduce((sum, { padded }) => sum + padded.lengths.reduce((a, b) => a + b, 0), 0);
    meter.add(step, { loss, gradNorm, learningRate }, processed);
    if (config.evalSteps > 0 && step % config.evalSteps === 0 && step !== totalSteps) await evaluateAt(step);
  };

  const info = {
    rows: train.size,
    evaluationRows: run.evaluation.length,
    parameters: trainedElements(model),
  };
  listen({ type: 'started', stage: 'sft', totalSteps, step: startStep, info });
  if (startStep === 0) await evaluateAt(0);
  meter.restartClock();
  await runSteps(
    {
      stage: 'sft',
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
  const result: SftResult = {
    ...progress,
    tokensPerSecond: seconds > 0 ? tokens / seconds : 0,
    steps: totalSteps,
  };
  listen({ type: 'finished', stage: 'sft', summary: { ...result } });
  return result;
}

function trainedElements(model: Model): number {
  return model.trained.trainable.reduce((sum, { data }) => sum + data.length, 0);
}
