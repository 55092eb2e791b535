import { compileForward, compileTraining, type Objective, type ObjectiveContext } from '@open-chatgpt/models';
import { expectClose, goldenFloats, goldenIntegers, readGolden } from '@open-chatgpt/testing';
import { goldenFolder, goldenModel } from '../../testing/golden-model';
import { tenSteps } from '../../testing/ten-steps';
import { policyLoss } from './policy-loss.fixture';
import { policyObjective } from './policy-objective';
import { responseLogProbs, responseValues } from './response-forward';
import { valueLoss } from './value-loss.fixture';
import { valueObjective } from './value-objective';

interface Case {
  name: string;
  objective: Objective;
  scalarHead: boolean;
  /** Golden arrays [B, T−1] by the input that they are fed to. */
  fed: Record<string, string>;
  /** Scalar outputs by their golden names. */
  scalars: Record<string, string>;
  /** One number for each predicted token, by its golden name. */
  perToken: { name: string; build: (on: ObjectiveContext) => void };
  /** The same formula in float64, on golden arrays [B, T−1]. */
  reference: (
    column: (name: string) => Float32Array,
    mask: number[],
  ) => { loss: number; clipFraction: number };
  lossName: string;
}

const cases: Case[] = [
  {
    name: 'ppo-step',
    objective: policyObjective({ cliprange: 0.2, entropyCoef: 0.01, temperature: 0.7 }),
    scalarHead: false,
    fed: { oldLogProbs: 'old_logps', advantages: 'advantages' },
    scalars: { policy_loss: 'policyLoss', entropy: 'entropy', clip_fraction: 'clipFraction' },
    perToken: { name: 'logps', build: responseLogProbs(0.7) },
    reference: (column, mask) =>
      policyLoss({
        logprobs: column('logps'),
        oldLogprobs: column('old_logps'),
        advantages: column('advantages'),
        cliprange: 0.2,
        mask,
      }),
    lossName: 'policy_loss',
  },
  {
    name: 'ppo-value',
    objective: valueObjective({ cliprangeValue: 0.2, vfCoef: 1 }),
    scalarHead: true,
    fed: { oldValues: 'old_values', returns: 'returns' },
    scalars: { clip_fraction: 'valueClipFraction' },
    perToken: { name: 'values', build: responseValues },
    reference: (column, mask) =>
      valueLoss({
        values: column('values'),
        oldValues: column('old_values'),
        returns: column('returns'),
        cliprangeValue: 0.2,
        mask,
      }),
    lossName: 'loss',
  },
];

describe.each(cases)('the loss of $name', (example) => {
  const { name, objective, scalarHead, fed, scalars, perToken } = example;
  const golden = readGolden(goldenFolder(name));
  const [batch, length] = golden.get('input_ids')!.shape;
  const ids = goldenIntegers(golden, 'input_ids');
  const mask = goldenIntegers(golden, 'response_mask');
  const tokens = mask.reduce((sum, one) => sum + one, 0);

  /** [B, T−1] by predicted token → [N] by the position that predicts it: the last one of a row predicts nothing. */
  function byPosition(columns: ArrayLike<number>): Float32Array {
    const all = new Float32Array(batch * length);
    for (let row = 0; row < batch; row++)
      for (let t = 0; t + 1 < length; t++) all[row * length + t] = columns[row * (length - 1) + t];
    return all;
  }

  const valid = byPosition(mask);
  const inputIds = BigInt64Array.from(ids, BigInt);
  const labels = BigInt64Array.from(ids, (_, i) => BigInt(valid[i] ? ids[i + 1] : 0));

  it('builds on the same number for each token', async () => {
    const model = await goldenModel(name, scalarHead);
    const program = compileForward(model, perToken.build, { batch, length });
    program.feed({ inputIds, ...(program.inputs.labels && { labels }) });
    await program.run();
    const actual = program.outputs.perToken.floats.map((value, i) => value * valid[i]);
    const expected = byPosition(goldenFloats(golden, perToken.name)).map((value, i) => value * valid[i]);
    expectClose(actual, expected, { rtol: 1e-5, name: perToken.name });
  });

  it('is the float64 reference', () => {
    const { loss, clipFraction } = example.reference((column) => goldenFloats(golden, column), mask);
    expectClose([loss], goldenFloats(golden, example.lossName), { rtol: 1e-5, name: 'loss' });
    expectClose([clipFraction], goldenFloats(golden, 'clip_fraction'), { rtol: 1e-5, name: 'clip fraction' });
  });

  it.each([false, true])(
    'is PyTorch’s: loss, metrics, gradients and ten steps (gradientCheckpointing %s)',
    async (gradientCheckpointing) => {
      const model = await goldenModel(name, scalarHead);
      const program = compileTraining(model, objective, { batch, length, gradientCheckpointing });
      program.feed({
        inputIds,
        ...(program.inputs.labels && { labels }),
        shares: valid.map((one) => one / tokens),
        ...Object.fromEntries(
          Object.entries(fed).map(([input, column]) => [input, byPosition(goldenFloats(golden, column))]),
        ),
      });
      await program.run();
      const metrics = Object.entries(scalars).map(([column, output]) => [column, [program.scalar(output)]]);
      const actual: Record<string, ArrayLike<number>> = {
        ...Object.fromEntries(metrics),
        ...(await tenSteps(program, model)),
      };
      const inputs = ['input_ids', 'attention_mask', 'response_mask', ...Object.values(fed)];
      const elsewhere = [...inputs, perToken.name, 'entropies'];
      const wanted = [...golden.keys()].filter((key) => !elsewhere.includes(key));
      expect(Object.keys(actual).sort()).toEqual(wanted.sort());
      for (const key of wanted) {
        const rtol = key.startsWith('final.') ? 1e-4 : 1e-5;
        expectClose(actual[key], goldenFloats(golden, key), { rtol, name: key });
      }
      expect(goldenFloats(golden, 'clip_fraction')[0]).toBeGreaterThan(0);
    },
  );
});
