import { tinyModel } from '../../testing/tiny-model';
import { Reference } from './reference';

const options = { batchSize: 2, maxLength: 12, padTokenId: 0 };
const pair = {
  chosenIds: Int32Array.of(1, 5, 9, 7, 2),
  rejectedIds: Int32Array.of(1, 5, 9, 8, 8, 2),
  promptLength: 3,
  margin: 0,
  weight: 1,
};

describe('Reference', () => {
  it.each(['chosen', 'rejected'])('refuses a pair whose %s response has no token', async (side) => {
    const empty = { ...pair, [`${side}Ids`]: pair.chosenIds.slice(0, pair.promptLength) };
    await expect(new Reference(tinyModel(), options).logProbs([pair, empty])).rejects.toThrow(
      `the ${side} response of a pair has no token: the prompt has 3, prompt and response together 3; ` +
        'remove the pair from the dataset',
    );
  });

  it('refuses a model whose log-probabilities are not finite', async () => {
    const model = tinyModel();
    model.trained.get('model.norm.weight').data.fill(Number.NaN);
    await expect(new Reference(model, options).logProbs([pair])).rejects.toThrow(
      'the reference model gives a chosen response the log-probability NaN; its weights are not usable: ' +
        'start from another model',
    );
  });
});
