import type { Model } from '../model/model';
import { compileBlocks } from './blocks';
import type { Objective } from './objective';
import type { TrainingOptions, TrainingProgram } from './training-program';
import { compileWholeModel } from './whole-model';

/** Compiles forward, loss and backward of a model for one batch shape. */
export function compileTraining(
  model: Model,
  objective: Objective,
  options: TrainingOptions,
): TrainingProgram {
  return options.gradientCheckpointing
    ? compileBlocks(model, objective, options)
    : compileWholeModel(model, objective, options);
}
