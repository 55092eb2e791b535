import type { TokenizedUnpaired } from '@open-chatgpt/datasets';
import type { TrainingProgram } from '@open-chatgpt/models';
import type { StageSettings } from '@open-chatgpt/pipeline';
import { orInterrupted } from '../../trainer/stop';
import { trainOnRows } from '../../trainer/train-on-rows';
import { responseBatch } from '../responses/response-batch';
import { type ResponseProgress, type ResponseRun, reportEvaluation } from '../responses/response-run';
import { createAnswerEvaluator } from './evaluate';
import { klBaseline, mismatchedRows } from './kl-baseline';
import { ResponseScorer, referenceLogProbs } from './log-ratios';
import { answerMetrics } from './metrics';
import { ktoInputs, ktoObjective } from './objective';

export type KtoRun = ResponseRun<TokenizedUnpaired, StageSettings<'kto'>>;

export interface KtoResult extends ResponseProgress {
  answersEval: number;
  steps: number;
}

/**
 * Kahneman-Tversky optimization (Ethayarajh et al. 2024): the model learns to raise the probability of good answers and to lower that of bad
 * ones, relative to a frozen reference and to a baseline. Its weights change in place.
 *
 * The baseline is that of all answers of a step, under the weights before it and without dropout; prompts get the answers of other rows
 * of their pass.
 * @throws TrainingDiverged, TrainingInterrupted
 */
export async function trainKto(run: KtoRun): Promise<KtoResult> {
  const { model, train, evaluation, config, listen, padTokenId, signal } = run;
  const { perDeviceEvalBatchSize: batchSize, maxLength } = config;
  const forward = { batchSize, maxLength, padTokenId, signal };
  const policy = new ResponseScorer(model, forward);
  const reference = new ResponseScorer(await run.openReference(), forward);
  const evaluateAnswers = await orInterrupted(
    () => createAnswerEvaluator(model, { policy, reference }, evaluation, config, forward),
    0,
    null,
  );

  const evaluate = async (step: number): Promise<ResponseProgress> =>
    evaluation.length === 0
      ? {}
      : reportEvaluation(run, step, await evaluateAnswers(), { answers: evaluation.length });

  const baselineOf = async (batches: readonly (readonly TokenizedUnpaired[])[]): Promise<number> => {
    if (config.lossType !== 'kto') return 0;
    const others = batches.flatMap((rows) => mismatchedRows(rows, maxLength));
    return klBaseline(await policy.logProbs(others), await referenceLogProbs(reference, others));
  };

  const { progress, totalSteps } = await trainOnRows<ResponseProgress>(
    {
      model,
      objective: ktoObjective(config),
      config,
      lengths: train.lengths,
      info: { answers: train.size, evaluationAnswers: evaluation.length },
      passes: async (numbers) => {
        const batches = await Promise.all(numbers.map((indices) => train.rows(indices)));
        const all = batches.flat();
        const baseline = await baselineOf(batches);
        const passes = [];
        for (const rows of batches) {
          const refLogProbs = await referenceLogProbs(reference, rows);
          const { padded, inputs } = responseBatch(rows, padTokenId, maxLength);
          passes.push({
            padded,
            inputs: {
              ...inputs,
              ...ktoInputs(rows, { refLogProbs, baseline }),
              shares: new Float32Array(rows.length).fill(1 / all.length),
            },
            measure: ({ outputs }: TrainingProgram) =>
              answerMetrics(
                { rows, logProbs: outputs.logProbs.floats, refLogProbs, baseline },
                config.beta,
                all,
              ),
          });
        }
        return passes;
      },
      evaluate,
    },
    run,
  );
  const result: KtoResult = { ...progress, answersEval: evaluation.length, steps: totalSteps };
  listen({ type: 'finished', summary: { ...result } });
  return result;
}
