import { compileTraining } from '@open-chatgpt/models';
import {
  expectClose,
  type GoldenTensor,
  goldenFloats,
  goldenIntegers,
  readGolden,
} from '@open-chatgpt/testing';
import { goldenFolder, goldenModel } from '../../testing/golden-model';
import { tenSteps } from '../../testing/ten-steps';
import { pairwiseObjective } from './objective';
import { pairBatch, scoringInputs } from './pair-batch';

/** The rows of one side without their padding. */
function rowsOf(golden: Map<string, GoldenTensor>, side: 'chosen' | 'rejected'): Int32Array[] {
  const [batch, length] = golden.get(`${side}_input_ids`)!.shape;
  const ids = goldenIntegers(golden, `${side}_input_ids`);
  const mask = goldenIntegers(golden, `${side}_attention_mask`);
  return Array.from({ length: batch }, (_, row) =>
    Int32Array.from(ids.slice(row * length, (row + 1) * length).filter((_, t) => mask[row * length + t])),
  );
}

describe('pairwiseObjective', () => {
  const golden = readGolden(goldenFolder('reward-head'));
  const [chosen, rejected] = [rowsOf(golden, 'chosen'), rowsOf(golden, 'rejected')];
  const pairs = chosen.map((chosenIds, i) => ({
    chosenIds,
    rejectedIds: rejected[i],
    promptLength: 1,
    margin: 0,
    weight: 1,
  }));

  async function compile(options: { gradientCheckpointing?: boolean; centring?: number }) {
    const { gradientCheckpointing = false, centring = null } = options;
    const model = await goldenModel('reward-head', true);
    const padded = pairBatch(pairs, model.config.padTokenId, 12);
    const { batchSize: batch, length } = padded;
    const program = compileTraining(model, pairwiseObjective(centring), {
      batch,
      length,
      gradientCheckpointing,
    });
    program.feed({
      ...scoringInputs(padded),
      margins: new Float32Array(pairs.length),
      weights: new Float32Array(pairs.length).fill(1),
      shares: new Float32Array(pairs.length).fill(1 / pairs.length),
    });
    return { model, program };
  }

  it.each([false, true])(
    'is PyTorch’s: loss, rewards, gradients and ten steps (gradientCheckpointing %s)',
    async (gradientCheckpointing) => {
      const { model, program } = await compile({ gradientCheckpointing });
      await program.run();
      const scores = program.outputs.scores.floats.slice();
      const actual: Record<string, ArrayLike<number>> = {
        ...(await tenSteps(program, model)),
        chosen_rewards: scores.subarray(0, pairs.length),
        rejected_rewards: scores.subarray(pairs.length),
      };
      const wanted = [...golden.keys()].filter((name) => !/input_ids|attention_mask/.test(name));
      expect(Object.keys(actual).sort()).toEqual(wanted.sort());
      for (const name of wanted) {
        const rtol = name.startsWith('final.') ? 1e-4 : 1e-5;
        expectClose(actual[name], goldenFloats(golden, name), { rtol, name });
      }
    },
  );

  it.each([
    ['a margin lowers the difference', { margin: 0.3, weight: 1, centring: 0 }],
    ['a tie pulls the scores together', { margin: 0, weight: 0.5, centring: 0 }],
    ['a soft label mixes both orders', { margin: 0.1, weight: 0.8, centring: 0 }],
    ['centring keeps the scores around zero', { margin: 0, weight: 1, centring: 0.01 }],
  ])('%s', async (_, { margin, weight, centring }) => {
    const { program } = await compile({ centring });
    program.feed({
      margins: new Float32Array(pairs.length).fill(margin),
      weights: new Float32Array(pairs.length).fill(weight),
    });
    await program.run();
    const [a, b] = ['chosen', 'rejected'].map((side) => goldenFloats(golden, `${side}_rewards`));
    const logistic = (x: number) => -Math.log(1 + Math.exp(-x));
    const losses = Array.from(a, (score, i) => {
      const d = score - b[i] - margin;
      const likelihood = weight * logistic(d) + (1 - weight) * logistic(-d);
      return -likelihood + centring * (score + b[i]) ** 2;
    });
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expectClose([program.scalar('loss')], [mean], { rtol: 1e-5, name: 'loss' });
  });
});
