import { pairLength, type TokenizedPreference } from '@open-chatgpt/datasets';
import type { Model, ObjectiveContext } from '@open-chatgpt/models';
import type { Program } from '@open-chatgpt/runtime';
import { fillPass } from '../../trainer/pad-rows';
import { ForwardPrograms } from '../../trainer/programs';
import { checkStop } from '../../trainer/stop';
import { pairBatch } from './pair-batch';

export interface PairForwardOptions {
  /** Pairs in one forward pass. */
  batchSize: number;
  maxLength: number;
  padTokenId: number | null;
  signal?: AbortSignal;
}

/** Forward passes over any number of pairs, in batches. Throws StepAbandoned on abort. */
export class PairForward {
  private readonly programs: ForwardPrograms;

  constructor(
    model: Model,
    build: (on: ObjectiveContext) => void,
    private readonly options: PairForwardOptions,
  ) {
    this.programs = new ForwardPrograms(model, build);
  }

  /**
   * @param feed gives a batch what its graph needs beside the tokens; the pairs after the first `count` only fill the pass
   * @param read takes the outputs of a batch; both get the places of its pairs in `pairs`
   */
  async run(
    pairs: readonly TokenizedPreference[],
    feed: (indices: readonly number[], count: number) => Record<string, Float32Array>,
    read: (outputs: Program['outputs'], indices: readonly number[]) => void,
  ): Promise<void> {
    const { batchSize, maxLength, padTokenId, signal } = this.options;
    // Pairs of like length share a batch, so little is padded.
    const order = pairs.map((_, index) => index).sort((a, b) => pairLength(pairs[a]) - pairLength(pairs[b]));
    for (let start = 0; start < order.length; start += batchSize) {
      checkStop(signal);
      const part = order.slice(start, start + batchSize);
      const indices = fillPass(part, { total: order.length, batchSize });
      const filled = indices.map((index) => pairs[index]);
      const { padded, inputs } = pairBatch(filled, padTokenId, maxLength);
      const program = this.programs.of({ batch: padded.batchSize, length: padded.length });
      program.feed({ ...inputs, ...feed(indices, part.length) });
      await program.run();
      read(program.outputs, indices);
    }
  }
}
