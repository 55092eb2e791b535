import { tokenLogProbs } from '@open-chatgpt/autodiff';
import { logitsChunkRows, type Model, type ObjectiveContext, scalarHead } from '@open-chatgpt/models';
import { fillPass } from '../../trainer/pad-rows';
import { ForwardPrograms } from '../../trainer/programs';
import { checkStop } from '../../trainer/stop';
import { int64s } from '../sft/batch';
import { type Dialogue, gatherResponses, responseBatch } from './response-batch';

export interface ResponseForwardOptions {
  batchSize: number;
  maxLength: number;
  padTokenId: number | null;
}

/** Computes one number for each token of a response, by a forward graph with an output `perToken` [N, 1]. */
export class ResponseForward {
  private readonly programs: ForwardPrograms;

  constructor(
    model: Model,
    build: (on: ObjectiveContext) => void,
    private readonly options: ResponseForwardOptions,
  ) {
    this.programs = new ForwardPrograms(model, build);
  }

  /** @returns [R] for each dialogue, in their order @throws StepAbandoned on abort */
  async compute(rows: readonly Dialogue[], signal?: AbortSignal): Promise<Float32Array[]> {
    const { batchSize, padTokenId, maxLength } = this.options;
    const results: Float32Array[] = new Array(rows.length);
    const size = ({ prompt, response }: Dialogue) => prompt.length + response.length;
    // Dialogues of similar length share a batch, which saves padding.
    const order = rows.map((_, index) => index).sort((a, b) => size(rows[a]) - size(rows[b]));
    for (let start = 0; start < order.length; start += batchSize) {
      checkStop(signal);
      const indices = order.slice(start, start + batchSize);
      const part = indices.map((index) => rows[index]);
      const filled = fillPass(part, { total: order.length, batchSize });
      const batch = responseBatch(filled, padTokenId, maxLength);
      const program = this.programs.of({ batch: batch.padded.batchSize, length: batch.padded.length });
      program.feed({ inputIds: int64s(batch.padded.inputIds) });
      if (program.inputs.labels) program.feed({ labels: batch.labels });
      await program.run();
      gatherResponses(program.outputs.perToken.floats, part, batch).forEach((values, row) => {
        results[indices[row]] = values;
      });
    }
    return results;
  }
}

/** Log-probability of each response token at the given temperature. */
export function responseLogProbs(temperature: number) {
  return ({ context, hidden, outputEmbedding }: ObjectiveContext): void => {
    const labels = context.graph.input('labels', 'int64', [context.tokens]);
    const chunkRows = logitsChunkRows(context.config.vocabSize);
    const { logProbs } = tokenLogProbs(hidden, outputEmbedding(), labels, { temperature, chunkRows });
    context.graph.output('perToken', logProbs);
  };
}

/** Value of the state before each response token. */
export function responseValues({ context, hidden }: ObjectiveContext): void {
  context.graph.output('perToken', scalarHead(context, hidden));
}
