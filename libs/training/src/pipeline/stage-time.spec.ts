import { tinyModel } from '../testing/tiny-model';
import { stageSeconds } from './stage-time';
import { paddedLength } from './stage-work';
import { timePasses } from './time-passes';

describe('paddedLength', () => {
  const lengths = Array.from({ length: 99 }, (_, i) => 99 - i);
  it.each([
    ['the middle of single rows', 1, false, 50],
    ['near the longest in large batches', 32, false, 96],
    ['the mean where a batch has like lengths', 32, true, 50],
  ])('is %s', (_, batch, grouped, expected) => expect(paddedLength(lengths, batch, grouped)).toBe(expected));

  it('is 0 without rows', () => expect(paddedLength([], 8, false)).toBe(0));
});

describe('the time of a stage', () => {
  it('is that of its steps and evaluations', () => {
    const size = { totalSteps: 10, heldOut: 12, work: { passes: 2, updates: 1, length: 64 } };
    // 10 steps of 2 passes and an update; 4 evaluations of 12 rows, 4 at a time, forward only
    const expected = 10 * (2 * 3 + 0.5) + 4 * (12 / 4 / 3) * 3;
    expect(stageSeconds({ pass: 3, update: 0.5 }, size, { evalSteps: 4, perDeviceTrainBatchSize: 4 })).toBe(
      expected,
    );
    // Without evaluations between, there are one before and one after.
    expect(stageSeconds({ pass: 3, update: 0.5 }, size, { evalSteps: 0, perDeviceTrainBatchSize: 4 })).toBe(
      expected - 6,
    );
  });
});

describe('the time of a pass', () => {
  const optimizer = {
    learningRate: 1e-3,
    weightDecay: 0,
    adamBeta1: 0.9,
    adamBeta2: 0.999,
    adamEpsilon: 1e-8,
    maxGradNorm: 1,
    lrSchedulerType: 'cosine' as const,
    warmupRatio: 0,
    warmupSteps: 0,
  };
  const lora = { r: 2, loraAlpha: 4, loraDropout: 0.1, targetModules: ['q_proj'] };
  it.each([
    ['all weights', { lora: null, scalarHead: false, gradientCheckpointing: false }],
    ['an adapter', { lora, scalarHead: false, gradientCheckpointing: false }],
    ['a scalar head', { lora: null, scalarHead: true, gradientCheckpointing: true }],
  ])('is measured: %s', async (_, pass) => {
    const measured = await timePasses(tinyModel().config, { ...pass, rows: 2, length: 10 }, optimizer);
    expect(measured!.pass).toBeGreaterThan(0);
    expect(measured!.update).toBeGreaterThan(0);
  });

  it('is not measured where the memory does not suffice', async () => {
    const huge = { ...tinyModel().config, vocabSize: 2 ** 31 };
    const pass = { lora: null, scalarHead: false, gradientCheckpointing: false, rows: 1, length: 8 };
    expect(await timePasses(huge, pass, optimizer)).toBeNull();
  });
});
