import { responseStage } from '../responses/response-stage';
import { trainKto } from './train';

export const kto = responseStage({
  name: 'kto',
  role: 'labels',
  // The reference computes a forward pass; with a baseline both models compute another one.
  passesOf: ({ lossType }) => (lossType === 'kto' ? 2 : 4 / 3),
  // Good answers are what to compare with.
  promptsOf: ({ evaluation, heldOut }) =>
    evaluation.flatMap(({ inputIds, promptLength, label }, i) => {
      const { messages } = heldOut[i];
      const prompt = { ids: inputIds.subarray(0, promptLength), messages: messages.slice(0, -1) };
      return label ? [{ ...prompt, reference: messages.at(-1)!.content }] : [];
    }),
  train: trainKto,
});
