import type { Model, ObjectiveContext } from '@open-chatgpt/models';
import type { Program } from '@open-chatgpt/runtime';
import { fillPass } from '../../trainer/pad-rows';
import { ForwardPrograms } from '../../trainer/programs';
import { checkStop } from '../../trainer/stop';
import type { ResponseBatch } from './response-batch';

export interface ForwardOptions {
  /** Rows, or pairs, in one forward pass. */
  batchSize: number;
  maxLength: number;
  padTokenId: number | null;
  signal?: AbortSignal;
}

/** How rows of one kind become batches. */
export interface Batching<Row> {
  lengthOf(row: Row): number;
  batchOf(rows: readonly Row[], padTokenId: number | null, maxLength: number): ResponseBatch;
}

/** Forward passes over any number of rows, in batches. Throws StepAbandoned on abort. */
export class BatchForward<Row> {
  private readonly programs: ForwardPrograms;

  constructor(
    model: Model,
    build: (on: ObjectiveContext) => void,
    private readonly batching: Batching<Row>,
    private readonly options: ForwardOptions,
  ) {
    this.programs = new ForwardPrograms(model, build);
  }

  /**
   * @param feed gives a batch what its graph needs beside the tokens; the rows after the first `count` only fill the pass
   * @param read takes the outputs of a batch; both get the places of its rows in `rows`
   */
  async run(
    rows: readonly Row[],
    feed: (indices: readonly number[], count: number) => Record<string, Float32Array>,
    read: (outputs: Program['outputs'], indices: readonly number[]) => void,
  ): Promise<void> {
    const { batchSize, maxLength, padTokenId, signal } = this.options;
    const { lengthOf, batchOf } = this.batching;
    // Rows of like length share a batch, so little is padded.
    const order = rows.map((_, index) => index).sort((a, b) => lengthOf(rows[a]) - lengthOf(rows[b]));
    for (let start = 0; start < order.length; start += batchSize) {
      checkStop(signal);
      const part = order.slice(start, start + batchSize);
      const indices = fillPass(part, { total: order.length, batchSize });
      const filled = indices.map((index) => rows[index]);
      const { padded, inputs } = batchOf(filled, padTokenId, maxLength);
      const program = this.programs.of({ batch: padded.batchSize, length: padded.length });
      program.feed({ ...inputs, ...feed(indices, part.length) });
      await program.run();
      read(program.outputs, indices);
    }
  }
}
