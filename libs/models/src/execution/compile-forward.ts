import type { SequenceOptions } from '../graph/training-context';
import { type Model, storesOf } from '../model/model';
import { compileForwardBlocks } from './forward-blocks';
import type { ObjectiveContext } from './objective';
import type { ForwardProgram } from './training-program';
import { compileWholeForward } from './whole-model';

/**
 * Compiles a forward pass of a model for one batch shape: as one program, or block by block where the weights are in the
 * memory of the host.
 * @param outputs declares the outputs
 */
export function compileForward(
  model: Model,
  outputs: (on: ObjectiveContext) => void,
  options: Omit<SequenceOptions, 'gradients' | 'dropout'>,
): ForwardProgram {
  return storesOf(model).some((store) => store.offloaded)
    ? compileForwardBlocks(model, outputs, options)
    : compileWholeForward(model, outputs, options);
}
