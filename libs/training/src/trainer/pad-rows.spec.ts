import { compileTraining, languageModelLoss } from '@open-chatgpt/models';
import { expectClose, testValues, useDevice } from '@open-chatgpt/testing';
import { sequenceInputs, sftBatch } from '../algorithms/sft/batch';
import { tinyModel } from '../testing/tiny-model';
import { padRows } from './pad-rows';

useDevice('xla:cpu');

/** Conversations of 5 and of 9 tokens. */
const rows = [5, 9].map((length) => {
  const inputIds = Int32Array.from(testValues(length, length), (x) => 3 + Math.floor(18 * (x + 1)));
  return { inputIds, labels: inputIds };
});

/** Loss and gradients of the rows, as SFT computes them on the device of this process. */
async function gradients() {
  const { padded, labels, mask, count } = sftBatch(rows, 0, 64);
  const model = tinyModel();
  const { batchSize: batch, length } = padded;
  const program = compileTraining(model, languageModelLoss, { batch, length });
  const lossWeights = mask.map((one) => one / count);
  program.feed({ ...sequenceInputs(padded, false), labels, lossWeights });
  await program.run();
  const names = model.trained.names;
  return {
    length,
    loss: program.scalar('loss'),
    of: new Map(names.map((name) => [name, model.trained.gradient(name).floats])),
  };
}

describe('padRows', () => {
  const lengths = (found: readonly number[], maxLength: number) =>
    found.map((length) => padRows([{ inputIds: new Int32Array(length).fill(1) }], 0, maxLength).length);

  it('pads to 2ⁿ or 1.5 · 2ⁿ tokens for XLA, of 16 or more, and to no more than the longest row', () => {
    expect(lengths([1, 17, 25, 33, 48, 49, 64, 65, 96, 97, 500, 769], 1000)).toEqual([
      16, 24, 32, 48, 48, 64, 64, 96, 96, 128, 512, 1000,
    ]);
    expect(lengths([3], 12)).toEqual([12]);
  });

  it('pads less for ONNX Runtime, whose graphs are cheap to compile', () => {
    process.env.OPEN_CHATGPT_DEVICE = 'cpu';
    expect(lengths([1, 33, 49], 64)).toEqual([4, 36, 52]);
    expect(lengths([1, 33, 300], 1000)).toEqual([32, 64, 320]);
    process.env.OPEN_CHATGPT_DEVICE = 'xla:cpu';
  });

  it('changes neither loss nor gradients', async () => {
    const rounded = await gradients();
    process.env.OPEN_CHATGPT_DEVICE = 'cpu';
    const short = await gradients();
    expect([rounded.length, short.length]).toEqual([16, 12]);
    expect(rounded.loss).toBeCloseTo(short.loss, 5);
    for (const [name, gradient] of short.of)
      expectClose(rounded.of.get(name)!, gradient, { rtol: 1e-5, name });
  });
});
