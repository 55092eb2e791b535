import {
  createSampler,
  type Sampler,
  type SamplerState,
  type TokenizedSupervised,
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
  private readonly sampler: Sampler;
  private readonly programs: TrainingPrograms;

  constructor(
    model: Model,
    private readonly examples: readonly TokenizedSupervised[],
    private readonly options: PretrainingMixOptions,
  ) {
    const { perDeviceTrainBatchSize: batchSize, seed } = options;
    if (examples.length === 0)
      throw new Error('ptxCoef is not 0, but there are no supervised examples to mix in');
    this.sampler = createSampler({ size: examples.length, seed, batchSize, lastBatch: 'full' });
    this.programs = new TrainingPrograms(model, languageModelLoss, options);
  }

  /** Adds ptxCoef · d(loss)/dw of one batch to the current gradients. @returns ptxCoef · loss */
  async addGradients(): Promise<number> {
    const rows = this.sampler.next().indices.map((index) => this.examples[index]);
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
