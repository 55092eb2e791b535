import { PREFERENCE_LOSSES } from '@open-chatgpt/pipeline';
import { responseStage } from '../responses/response-stage';
import { trainDpo } from './train';

export const dpo = responseStage({
  name: 'dpo',
  role: 'pairs',
  // The reference computes a forward pass.
  passesOf: ({ lossType }) => (PREFERENCE_LOSSES[lossType].reference ? 4 / 3 : 1),
  // The preferred answer is what to compare with.
  promptsOf: ({ evaluation, heldOut }) =>
    evaluation.map(({ chosenIds, promptLength }, i) => ({
      ids: chosenIds.subarray(0, promptLength),
      messages: heldOut[i].prompt,
      reference: heldOut[i].chosen,
    })),
  train: trainDpo,
});
