import type { Model, Objective } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { drawDropout } from '../../trainer/dropout';
import { Optimizer, type OptimizerConfig } from '../../trainer/optimizer';
import { fillPass } from '../../trainer/pad-rows';
import { TrainingPrograms } from '../../trainer/programs';
import { int64s } from '../sft/batch';
import type { ValueExperience } from './experience';
import { type Dialogue, type ResponseBatch, responseBatch, scatterResponses } from './response-batch';

export interface LearnerOptions {
  optimizer: OptimizerConfig;
  totalUpdates: number;
  perDeviceTrainBatchSize: number;
  gradientCheckpointing: boolean;
  padTokenId: number | null;
  maxLength: number;
  seed: number;
}

/** Inputs of one pass over rows of a minibatch by name, besides token ids and shares. */
export type FeedOf<Row> = (
  batch: ResponseBatch,
  rows: readonly Row[],
  minibatch: readonly Row[],
) => Record<string, Float32Array | BigInt64Array>;

/** Trains one model from experience. Policy and value model differ in their loss and its inputs. */
export class Learner<Row extends Dialogue> {
  readonly optimizer: Optimizer;
  private readonly programs: TrainingPrograms;

  constructor(
    private readonly model: Model,
    objective: Objective,
    private readonly feedOf: FeedOf<Row>,
    private readonly options: LearnerOptions,
  ) {
    this.optimizer = new Optimizer(model.trained, options.optimizer, options.totalUpdates);
    this.programs = new TrainingPrograms(model, objective, options);
  }

  /**
   * One update from a minibatch, in one pass for every `perDeviceTrainBatchSize` rows. The mean is over all its response tokens.
   * @param more adds the gradients of a further loss before the update, and returns that loss
   * @returns the loss, the objective's scalar outputs, gradNorm and learningRate
   */
  async update(minibatch: readonly Row[], more?: () => Promise<number>): Promise<Record<string, number>> {
    const { perDeviceTrainBatchSize, padTokenId, maxLength, seed } = this.options;
    const share = 1 / minibatch.reduce((sum, { response }) => sum + response.length, 0);
    const dropout = createRng(seed).fork(`dropout:${this.optimizer.stepCount}`);
    const metrics: Record<string, number> = {};
    // Rows of similar length share a pass, which saves padding. The order does not change the update.
    const tokens = ({ prompt, response }: Row) => prompt.length + response.length;
    const ordered = [...minibatch].sort((a, b) => tokens(a) - tokens(b));
    const size = { total: ordered.length, batchSize: perDeviceTrainBatchSize };
    for (let start = 0; start < ordered.length; start += perDeviceTrainBatchSize) {
      const rows = ordered.slice(start, start + perDeviceTrainBatchSize);
      // Rows that fill the pass have no share, so that they add 0 to each sum.
      const batch = responseBatch(fillPass(rows, size), padTokenId, maxLength);
      const { batchSize, length } = batch.padded;
      const program = this.programs.of({ batch: batchSize, length }, start > 0);
      const shares = scatterResponses(
        rows.map(({ response }) => new Float32Array(response.length).fill(share)),
        batch,
      );
      program.feed({
        inputIds: int64s(batch.padded.inputIds),
        shares,
        ...this.feedOf(batch, rows, minibatch),
      });
      drawDropout(program, this.model.lora?.loraDropout ?? 0, dropout.fork(start));
      await program.run();
      for (const [name, tensor] of Object.entries(program.outputs)) {
        if (tensor.shape.length === 0) metrics[name] = (metrics[name] ?? 0) + tensor.floats[0];
      }
    }
    if (more) metrics.loss += await more();
    return { ...metrics, ...(await this.optimizer.update(metrics.loss)) };
  }
}

export const valueFeed: FeedOf<ValueExperience> = (batch, rows) => ({
  oldValues: scatterResponses(
    rows.map((row) => row.values),
    batch,
  ),
  returns: scatterResponses(
    rows.map((row) => row.returns),
    batch,
  ),
});
