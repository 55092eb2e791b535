import {
  createSampler,
  type RowSource,
  type Sampler,
  type SamplerState,
  type UnpaddedRow,
} from '@open-chatgpt/datasets';
import { languageModelLoss, type Model } from '@open-chatgpt/models';
import { TrainingPrograms } from '../../trainer/programs';
import { sequenceInputs, sftBatch } from '../sft/batch';

export interface PretrainingMixOptions {
  ptxCoef: number;
  perDeviceTrainBatchSize: number;
  gradientCheckpointing: boolean;
  padTokenId: number | null;
  seed: number;
}

/** PPO-ptx (Ouyang et al. 2022, eq. 2): the gradient of the supervised loss, added to the policy's with a weight. */
export class PretrainingMix {
  private readonly examples: RowSource<UnpaddedRow>;
  private readonly sampler: Sampler;
  private readonly programs: TrainingPrograms;

  constructor(
    model: Model,
    examples: RowSource<UnpaddedRow> | null | undefined,
    private readonly options: PretrainingMixOptions,
  ) {
    const { perDeviceTrainBatchSize: batchSize, seed } = options;
    if (!examples?.size) throw new Error('ptxCoef is not 0, but there are no supervised examples to mix in');
    this.examples = examples;
    this.sampler = createSampler({ size: examples.size, seed, batchSize, lastBatch: 'full' });
    this.programs = new TrainingPrograms(model, languageModelLoss, options);
  }

  /** Adds ptxCoef · d(loss)/dw of one batch to the current gradients. @returns ptxCoef · loss */
  async addGradients(): Promise<number> {
    const rows = await this.examples.rows(this.sampler.next().indices);
    const { padded, labels, mask, count } = sftBatch(rows, this.options.padTokenId, Number.POSITIVE_INFINITY);
    const program = this.programs.of({ batch: padded.batchSize, length: padded.length }, true);
    const lossWeights = mask.map((one) => (one * this.options.ptxCoef) / count);
    program.feed({ ...sequenceInputs(padded, false), labels, lossWeights });
    await program.run();
    return program.scalar('loss');
  }

  state(): SamplerState {
    return this.sampler.state();
  }

  restore(state: SamplerState): void {
    this.sampler.restore(state);
  }
}
