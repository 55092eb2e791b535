import { maskedMean } from '../../losses/numbers';
import type { ResponseRow } from '../responses/response-batch';

/**
 * Each prompt with the response of the row before it, the first one with that of the last row: responses that do not belong to
 * their prompts, as TRL's KTOTrainer makes them. They end at `maxLength` tokens.
 */
export function mismatchedRows(rows: readonly ResponseRow[], maxLength: number): ResponseRow[] {
  return rows.map(({ inputIds, promptLength }, i) => {
    const other = rows.at(i - 1)!;
    const response = other.inputIds.subarray(other.promptLength);
    const whole = Int32Array.of(...inputIds.subarray(0, promptLength), ...response);
    return { inputIds: whole.subarray(0, maxLength), promptLength };
  });
}

/**
 * The estimate of KL(π ‖ π_ref) that the losses of responses are measured from: the mean log-ratio of mismatched responses, at least 0
 * (Ethayarajh et al. 2024, https://arxiv.org/abs/2402.01306, section 4.1).
 * @param logProbs and refLogProbs: [B], of `mismatchedRows` under the model and the reference
 */
export function klBaseline(logProbs: Float32Array, refLogProbs: Float32Array): number {
  return Math.max(0, maskedMean(Float64Array.from(logProbs, (value, i) => value - refLogProbs[i])));
}
