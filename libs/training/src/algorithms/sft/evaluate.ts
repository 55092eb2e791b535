import { tokenLogProbs } from '@open-chatgpt/autodiff';
import type { UnpaddedRow } from '@open-chatgpt/datasets';
import { logitsChunkRows, type Model, type ObjectiveContext } from '@open-chatgpt/models';
import { fillPass } from '../../trainer/pad-rows';
import { ForwardPrograms } from '../../trainer/programs';
import { checkStop } from '../../trainer/stop';
import { sequenceInputs, sftBatch } from './batch';

/** Output `logProbs` [N, 1] of the input `labels` [N]. */
function labelLogProbs({ context, hidden, outputEmbedding }: ObjectiveContext): void {
  const labels = context.graph.input('labels', 'int64', [context.tokens]);
  const chunkRows = logitsChunkRows(context.config.vocabSize);
  const { logProbs } = tokenLogProbs(hidden, outputEmbedding(), labels, { chunkRows });
  context.graph.output('logProbs', logProbs);
}

export interface EvaluationOptions {
  batchSize: number;
  maxLength: number;
  padTokenId: number | null;
  signal?: AbortSignal;
}

/**
 * Mean cross-entropy a label (nats) over held-out rows, and its exponential, the perplexity. Throws StepAbandoned on abort.
 */
export function createEvaluator(model: Model, rows: readonly UnpaddedRow[], options: EvaluationOptions) {
  const programs = new ForwardPrograms(model, labelLogProbs);
  // Rows of like length share a batch, so little is padded; the order makes no difference to a sum.
  const ordered = [...rows].sort((a, b) => a.inputIds.length - b.inputIds.length);
  return async (): Promise<{ loss: number; perplexity: number }> => {
    let total = 0;
    let count = 0;
    for (let start = 0; start < ordered.length; start += options.batchSize) {
      checkStop(options.signal);
      const part = ordered.slice(start, start + options.batchSize);
      const size = { total: ordered.length, batchSize: options.batchSize };
      // What fills a pass has no labels.
      const rows = fillPass(part, size).map((row, i) => (i < part.length ? row : { inputIds: row.inputIds }));
      const { padded, labels, mask, count: labelled } = sftBatch(rows, options.padTokenId, options.maxLength);
      const program = programs.of({ batch: padded.batchSize, length: padded.length });
      program.feed({ ...sequenceInputs(padded, false), labels });
      await program.run();
      const logProbs = program.outputs.logProbs.floats;
      for (let i = 0; i < mask.length; i++) if (mask[i]) total -= logProbs[i];
      count += labelled;
    }
    const loss = total / count;
    return { loss, perplexity: Math.exp(loss) };
  };
}
