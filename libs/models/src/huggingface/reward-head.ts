import { SCORE_WEIGHT } from '../model/model';
import type { ModelFiles } from './model-files';

/** Whether a model is a reward model: its weights have a scalar head, and no other head is trained. */
export function isRewardModel({ weights }: Pick<ModelFiles, 'weights'>): boolean {
  return weights.tensors().some(({ name }) => name === SCORE_WEIGHT);
}

/** @throws Error that names the command for reward models; without their scalar head they would give arbitrary text */
export function refuseRewardModel(files: Pick<ModelFiles, 'weights'>, path: string): void {
  if (!isRewardModel(files)) return;
  throw new Error(
    `${path} is a reward model (it has ${SCORE_WEIGHT}): it scores answers and generates no text. ` +
      `Score answers with "openchat score --model ${path}", or choose a language model`,
  );
}
