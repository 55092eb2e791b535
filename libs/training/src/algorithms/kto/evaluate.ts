import type { TokenizedUnpaired } from '@open-chatgpt/datasets';
import type { Model } from '@open-chatgpt/models';
import type { StageSettings } from '@open-chatgpt/pipeline';
import { BatchForward, type ForwardOptions } from '../responses/batch-forward';
import type { ResponseEvaluation } from '../responses/response-run';
import { klBaseline, mismatchedRows } from './kl-baseline';
import { type ResponseScorer, referenceLogProbs, responseBatching } from './log-ratios';
import { answerMetrics } from './metrics';
import { ktoInputs, ktoObjective } from './objective';

/**
 * The loss and the implicit rewards on held-out answers, whose baseline is that of all of them. Before the first update all rewards are 0
 * where the reference is the base, and so the accuracy is ½. Reads the reference now, and not afterwards.
 */
export async function createAnswerEvaluator(
  model: Model,
  { policy, reference }: { policy: ResponseScorer; reference: ResponseScorer },
  rows: readonly TokenizedUnpaired[],
  config: StageSettings<'kto'>,
  options: ForwardOptions,
): Promise<() => Promise<ResponseEvaluation>> {
  const others = config.lossType === 'kto' ? mismatchedRows(rows, config.maxLength) : [];
  const refLogProbs = await referenceLogProbs(reference, rows);
  const refOthers = await referenceLogProbs(reference, others);
  const objective = ktoObjective(config);
  const forward = new BatchForward<TokenizedUnpaired>(
    model,
    (on) => on.context.graph.output('loss', objective(on)),
    responseBatching,
    options,
  );
  return async () => {
    const baseline = klBaseline(await policy.logProbs(others), refOthers);
    const logProbs = new Float32Array(rows.length);
    let loss = 0;
    await forward.run(
      rows,
      (indices, count) => ({
        ...ktoInputs(
          indices.map((index) => rows[index]),
          { refLogProbs: Float32Array.from(indices, (index) => refLogProbs[index]), baseline },
        ),
        shares: new Float32Array(indices.length).fill(1 / rows.length, 0, count),
      }),
      (outputs, indices) => {
        loss += outputs.loss.floats[0];
        indices.forEach((index, row) => {
          logProbs[index] = outputs.logProbs.floats[row];
        });
      },
    );
    return { loss, metrics: answerMetrics({ rows, logProbs, refLogProbs, baseline }, config.beta) };
  };
}
