import type { Model } from '@open-chatgpt/models';
import type { PpoConfig } from '@open-chatgpt/pipeline';
import { checkStop } from '../../trainer/stop';
import {
  type ArenaFile,
  restoreTrainingState,
  trainingStateFile,
  weightsFile,
} from '../../trainer/training-state';
import type { ValueExperience } from './experience';
import { learnEpochs } from './learn-epochs';
import { Learner, valueFeed } from './learner';
import { learningOptions } from './learning-options';
import { valueObjective } from './value-objective';

/** Trains the value model: its weights, optimizer and loss. */
export class ValueTrainer {
  private readonly learner: Learner<ValueExperience>;

  /** @param model a copy of the reward model; its weights change in place */
  constructor(
    readonly model: Model,
    private readonly config: PpoConfig,
    padTokenId: number | null,
  ) {
    this.learner = new Learner(model, valueObjective(config), valueFeed, {
      ...learningOptions(config),
      padTokenId,
      optimizer: { ...config, learningRate: config.valueLearningRate },
    });
  }

  /**
   * The updates of one iteration.
   * @param signal abandons them; the state of the trainer must then be restored
   * @returns valueLoss and valueClipFraction
   * @throws StepAbandoned on abort
   */
  learn(
    experience: readonly ValueExperience[],
    step: number,
    signal?: AbortSignal,
  ): Promise<Record<string, number>> {
    return learnEpochs(experience, step, this.config, async (minibatch) => {
      checkStop(signal);
      const { valueLoss, valueClipFraction } = await this.learner.update(minibatch);
      return { valueLoss, valueClipFraction };
    });
  }

  weights(): ArenaFile {
    return weightsFile(this.model.trained);
  }

  state(): ArenaFile {
    return trainingStateFile(this.learner.optimizer);
  }

  /** @param read fills the segments with the bytes of a state, one after the other */
  restore(read: (segments: ArenaFile) => Promise<void>): Promise<void> {
    return restoreTrainingState(this.learner.optimizer, read);
  }
}
