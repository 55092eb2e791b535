import {
  AdamW,
  type AdamWOptions,
  clipCoefficient,
  GradientNorm,
  type ParameterStore,
} from '@open-chatgpt/runtime';
import { learningRateFactor, type ScheduleOptions } from '../schedule/learning-rate';
import { TrainingDiverged } from './errors';

export interface OptimizerConfig extends AdamWOptions, Omit<ScheduleOptions, 'totalSteps'> {
  learningRate: number;
  /** Clip to this global norm; 0 does not clip. */
  maxGradNorm: number;
}

export interface Update {
  /** Global norm of the gradients before clipping. */
  gradNorm: number;
  learningRate: number;
}

/** AdamW with clipping and a learning-rate schedule over the trained weights of one model. */
export class Optimizer {
  readonly adamW: AdamW;
  private readonly norm: GradientNorm;
  private readonly factor: (stepsDone: number) => number;

  constructor(
    readonly store: ParameterStore,
    private readonly config: OptimizerConfig,
    totalSteps: number,
  ) {
    this.adamW = new AdamW(store, config);
    this.norm = new GradientNorm(store);
    this.factor = learningRateFactor({ ...config, totalSteps });
  }

  /** Number of updates so far. */
  get stepCount(): number {
    return this.adamW.stepCount;
  }

  /**
   * One update from the gradients in the store.
   * @throws TrainingDiverged when the loss or a gradient is not finite, before any weight changes
   */
  async update(loss: number): Promise<Update> {
    const gradNorm = await this.norm.compute();
    if (!Number.isFinite(gradNorm) || !Number.isFinite(loss)) {
      throw new TrainingDiverged(
        this.stepCount + 1,
        `the loss is ${loss} and the gradient norm ${gradNorm}`,
        'Lower learningRate, lengthen the warm-up, or look for broken rows in the data; then resume from the last checkpoint',
      );
    }
    const { maxGradNorm } = this.config;
    const learningRate = this.config.learningRate * this.factor(this.stepCount);
    const gradientScale = maxGradNorm > 0 ? clipCoefficient(gradNorm, maxGradNorm) : 1;
    await this.adamW.step({ learningRate, gradientScale });
    return { gradNorm, learningRate };
  }
}
