import { familyOf, type Model } from '@open-chatgpt/models';
import { IDENTITY_NORMALIZATION, type RewardNormalization } from '../../pipeline/reward-model';
import { fillPass, padRows } from '../../trainer/pad-rows';
import { ForwardPrograms } from '../../trainer/programs';
import { checkStop } from '../../trainer/stop';
import { scoreLastTokens } from './last-token';
import { scoringInputs } from './pair-batch';

export interface ScorerOptions {
  batchSize: number;
  maxLength: number;
  padTokenId: number | null;
  normalization?: RewardNormalization;
}

/** Gives whole conversations (token ids, prompt and response) their scores by a reward model. */
export class RewardScorer {
  private readonly programs: ForwardPrograms;

  constructor(
    private readonly model: Model,
    private readonly options: ScorerOptions,
  ) {
    this.programs = new ForwardPrograms(model, (on) =>
      on.context.graph.output('scores', scoreLastTokens(on)),
    );
  }

  /** @returns one score a sequence, in their order @throws StepAbandoned on abort */
  async score(sequences: readonly ArrayLike<number>[], signal?: AbortSignal): Promise<Float64Array> {
    const { batchSize, maxLength, padTokenId, normalization = IDENTITY_NORMALIZATION } = this.options;
    this.checkPositions(sequences);
    const scores = new Float64Array(sequences.length);
    // Sequences of like length share a batch, so little is padded.
    const order = sequences
      .map((_, index) => index)
      .sort((a, b) => sequences[a].length - sequences[b].length);
    for (let start = 0; start < order.length; start += batchSize) {
      checkStop(signal);
      const indices = order.slice(start, start + batchSize);
      const rows = indices.map((index) => ({ inputIds: Int32Array.from(sequences[index]) }));
      const filled = fillPass(rows, { total: order.length, batchSize });
      const padded = padRows(filled, padTokenId, maxLength);
      const program = this.programs.of({ batch: padded.batchSize, length: padded.length });
      const { inputIds, lastTokens } = scoringInputs(padded);
      program.feed({ inputIds, lastTokens });
      await program.run();
      indices.forEach((index, row) => {
        scores[index] = (program.outputs.scores.floats[row] - normalization.mean) / normalization.std;
      });
    }
    return scores;
  }

  /** Learned positions end; the policy may have more of them than the reward model. */
  private checkPositions(sequences: readonly ArrayLike<number>[]): void {
    const { config } = this.model;
    const longest = sequences.reduce((most, { length }) => Math.max(most, length), 0);
    if (familyOf(config).rotary || longest <= config.maxPositionEmbeddings) return;
    throw new Error(
      `the reward model has ${config.maxPositionEmbeddings} positions, and a conversation to score has ${longest} tokens. ` +
        'Lower maxPromptLength or responseLength, or take a reward model with more positions.',
    );
  }
}
