import type { RowSource, TokenizedSupervised, UnpaddedRow } from '@open-chatgpt/datasets';
import { languageModelLoss, type Model } from '@open-chatgpt/models';
import type { SftConfig } from '@open-chatgpt/pipeline';
import type { Sample } from '@open-chatgpt/runs';
import type { StageEnvironment } from '../../trainer/stage-loop';
import { type LossProgress, trainOnRows } from '../../trainer/train-on-rows';
import { sequenceInputs, sftBatch } from './batch';
import { createEvaluator } from './evaluate';

export interface SftRun extends StageEnvironment {
  model: Model;
  /** Packed where the configuration says so. */
  train: RowSource<UnpaddedRow>;
  evaluation: readonly TokenizedSupervised[];
  padTokenId: number | null;
  config: SftConfig;
  /** Answers to held-out prompts, for people to read, with the metrics that can be measured on them (exact match). */
  sample?: () => Promise<{ samples: Sample[]; metrics: Record<string, number> }>;
}

interface SftProgress extends LossProgress {
  /** Missing where nothing was held out. */
  evalLossBefore?: number;
  evalLossAfter?: number;
}

export interface SftResult extends SftProgress {
  tokensPerSecond: number;
  steps: number;
}

/** Supervised fine-tuning: the model learns to give the responses of the examples, and its weights change in place. */
export async function trainSft(run: SftRun): Promise<SftResult> {
  const { model, train, evaluation, config, padTokenId, signal } = run;
  const { perDeviceEvalBatchSize: batchSize, maxLength, packing } = config;
  const evaluateRows = createEvaluator(model, evaluation, { batchSize, maxLength, padTokenId, signal });
  let [tokens, seconds] = [0, 0];
  const listen: StageEnvironment['listen'] = (event) => {
    if (event.type === 'step') [tokens, seconds] = [tokens + event.tokens, seconds + event.seconds];
    run.listen(event);
  };

  const evaluate = async (step: number): Promise<SftProgress> => {
    const found: SftProgress = {};
    const measured = evaluation.length > 0 ? await evaluateRows() : null;
    const answers = await run.sample?.();
    if (measured) {
      const { loss, perplexity } = measured;
      found.evalLossAfter = loss;
      if (step === 0) found.evalLossBefore = loss;
      listen({ type: 'evaluated', step, metrics: { evalLoss: loss, perplexity } });
    }
    if (answers) {
      if (Object.keys(answers.metrics).length) listen({ type: 'evaluated', step, metrics: answers.metrics });
      listen({ type: 'samples', step, samples: answers.samples });
    }
    return found;
  };

  const { progress, totalSteps } = await trainOnRows<SftProgress>(
    {
      model,
      objective: languageModelLoss,
      config,
      packed: packing,
      lengths: train.lengths,
      info: {
        rows: train.size,
        evaluationRows: evaluation.length,
      },
      passes: async (numbers) => {
        const rows = await Promise.all(numbers.map((indices) => train.rows(indices)));
        const batches = rows.map((some) => sftBatch(some, padTokenId, maxLength));
        // The mean is over the labels of all passes together, so that accumulation changes nothing but memory.
        const labelCount = batches.reduce((sum, { count }) => sum + count, 0);
        return batches.map(({ padded, labels, mask }) => ({
          padded,
          inputs: {
            ...sequenceInputs(padded, packing),
            labels,
            lossWeights: mask.map((one) => one / labelCount),
          },
        }));
      },
      evaluate,
    },
    { ...run, listen },
  );
  const result: SftResult = {
    ...progress,
    tokensPerSecond: seconds > 0 ? tokens / seconds : 0,
    steps: totalSteps,
  };
  listen({ type: 'finished', summary: { ...result } });
  return result;
}
