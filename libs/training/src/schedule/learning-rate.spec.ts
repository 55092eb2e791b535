import { countWarmupSteps, learningRateFactor, type SchedulerType } from './learning-rate';

describe('the learning-rate factor', () => {
  it.each<[SchedulerType, number, number]>([
    ['cosine', 0, 0],
    ['cosine', 5, 0.5],
    ['cosine', 10, 1],
    ['cosine', 32, 0.8596699],
    ['cosine', 55, 0.5],
    ['cosine', 77, 0.1526708],
    ['cosine', 100, 0],
    ['cosine', 150, 0],
    ['linear', 0, 0],
    ['linear', 5, 0.5],
    ['linear', 10, 1],
    ['linear', 55, 0.5],
    ['linear', 100, 0],
    ['linear', 101, 0],
    ['constant', 5, 0.5],
    ['constant', 10, 1],
    ['constant', 1000, 1],
  ])('%s at step %d is %d', (lrSchedulerType, step, expected) => {
    const factor = learningRateFactor({ lrSchedulerType, totalSteps: 100, warmupSteps: 10 });
    expect(factor(step)).toBeCloseTo(expected, 7);
  });

  it('starts at 1 without a warm-up', () => {
    for (const lrSchedulerType of ['cosine', 'linear', 'constant'] as const) {
      expect(learningRateFactor({ lrSchedulerType, totalSteps: 1 })(0)).toBe(1);
    }
  });

  it.each([
    [{ totalSteps: 101, warmupRatio: 0.03 }, 4],
    [{ totalSteps: 100, warmupRatio: 0.03, warmupSteps: 7 }, 7],
    [{ totalSteps: 100 }, 0],
  ])('%j warms up for %d steps', (options, expected) => {
    expect(countWarmupSteps({ lrSchedulerType: 'cosine', ...options })).toBe(expected);
  });

  it('can warm up to the very end', () => {
    const factor = learningRateFactor({ lrSchedulerType: 'cosine', totalSteps: 4, warmupRatio: 1 });
    expect([0, 1, 2, 3].map(factor)).toEqual([0, 0.25, 0.5, 0.75]);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %d steps', (totalSteps) => {
    expect(() => learningRateFactor({ lrSchedulerType: 'linear', totalSteps })).toThrow(/totalSteps/);
  });
});
