import { compileTraining } from '@open-chatgpt/models';
import { parsePpoConfig } from '@open-chatgpt/pipeline';
import { expectClose, goldenFloats, goldenIntegers, readGolden, withPrefix } from '@open-chatgpt/testing';
import { goldenFolder, goldenModel } from '../../testing/golden-model';
import { int64s } from '../sft/batch';
import type { Experience } from './experience';
import { policyFeed } from './policy-feed';
import { policyObjective } from './policy-objective';
import { responseBatch, scatterResponses } from './response-batch';

const NAME = 'policy-losses';
const golden = readGolden(goldenFolder(NAME));
const group = { advantageEstimator: 'grpo', numGenerations: 2, responseLength: 16, temperature: 0.7 };

/** The settings of LOSSES in tools/golden/ppo.py. */
const losses: [string, object][] = [
  ['clip_higher', { cliprangeHigh: 0.6 }],
  ['dual_clip', { dualClip: 1.3 }],
  ['grpo', { lossType: 'grpo' }],
  ['dr_grpo', { lossType: 'dr_grpo' }],
  ['gspo', { lossType: 'grpo', importanceSamplingLevel: 'sequence', cliprange: 0.02, cliprangeHigh: 0.03 }],
  ['cispo', { lossType: 'cispo', cliprangeHigh: 0.1 }],
];

/** The rows of the golden batch as experience. Column t of the golden arrays is about token t + 1. */
function experience(): Experience[] {
  const [rows, length] = golden.get('input_ids')!.shape;
  const ids = goldenIntegers(golden, 'input_ids');
  const mask = goldenIntegers(golden, 'response_mask');
  const [oldLogProbs, advantages] = ['old_logps', 'advantages'].map((name) => goldenFloats(golden, name));
  return Array.from({ length: rows }, (_, id) => {
    const first = mask.indexOf(1, id * (length - 1)) - id * (length - 1) + 1;
    const tokens = mask.slice(id * (length - 1), (id + 1) * (length - 1)).filter((one) => one).length;
    const start = id * (length - 1) + first - 1;
    const zeros = new Float32Array(tokens);
    return {
      id,
      promptIndex: 0,
      prompt: ids.slice(id * length, id * length + first),
      response: ids.slice(id * length + first, id * length + first + tokens),
      endsWithEos: true,
      logProbs: oldLogProbs.slice(start, start + tokens),
      advantages: advantages.slice(start, start + tokens),
      refLogProbs: zeros,
      values: zeros,
      returns: zeros,
      score: 0,
      kl: 0,
    };
  });
}

describe('the losses of the policy', () => {
  const rows = experience();
  const batch = responseBatch(rows, 0, 12);
  const tokens = rows.reduce((sum, { response }) => sum + response.length, 0);
  const shares = scatterResponses(
    rows.map(({ response }) => new Float32Array(response.length).fill(1 / tokens)),
    batch,
  );

  it.each(losses)('%s is PyTorch’s, with its gradients', async (name, settings) => {
    const config = parsePpoConfig({ ...group, ...settings });
    const model = await goldenModel(NAME, false);
    const { batchSize, length } = batch.padded;
    const program = compileTraining(model, policyObjective(config), {
      batch: batchSize,
      length,
      gradientCheckpointing: false,
    });
    program.feed({
      inputIds: int64s(batch.padded.inputIds),
      shares,
      ...policyFeed(config)(batch, rows, rows),
    });
    await program.run();
    const wanted = withPrefix(golden, `${name}.`);
    expectClose([program.scalar('loss')], wanted.get('loss')!, { rtol: 1e-5, name });
    expect(program.scalar('clipFraction')).toBeGreaterThan(0);
    for (const { name: parameter } of model.trained.all) {
      const actual = model.trained.gradient(parameter).floats;
      expectClose(actual, wanted.get(`grad.${parameter}`)!, { rtol: 1e-5, name: parameter });
    }
  });

  it('are compared for every loss of the golden file', () => {
    const names = [...golden.keys()].filter((key) => key.endsWith('.loss')).map((key) => key.split('.')[0]);
    expect(names.sort()).toEqual(losses.map(([name]) => name).sort());
  });

  it.each(['grpo', 'dr_grpo'] as const)('%s weighs a token by its minibatch, not by its pass', (lossType) => {
    const config = parsePpoConfig({ ...group, lossType });
    const alone = policyFeed(config)(responseBatch([rows[1]], 0, 12), [rows[1]], rows);
    const expected = 1 / (rows.length * (lossType === 'grpo' ? rows[1].response.length : 16));
    const weights = Array.from(alone.lossShares as Float32Array).filter((share) => share !== 0);
    expectClose(
      weights,
      rows[1].response.map(() => expected),
      { rtol: 1e-6, name: lossType },
    );
  });
});
