import { nothingLearned, nothingLearnedByPolicy } from './nothing-learned';

const config = { learningRate: 0.1, lrSchedulerType: 'cosine' as const, warmupRatio: 0.03 };

describe('settings with which a stage learns nothing', () => {
  it.each([
    ['a learning rate', config, 2, /^$/],
    ['none', { ...config, learningRate: 0 }, 2, /learningRate is 0/],
    ['one step, which is the warm-up', config, 1, /each of 1 steps is 0, because a warm-up begins at 0/],
    ['one step without a warm-up', { ...config, warmupRatio: 0 }, 1, /^$/],
  ])('%s', (_, settings, steps, warning) => {
    expect(nothingLearned(settings, steps).join()).toMatch(warning);
  });

  it.each([
    [{ learningRate: 0.1, criticWarmup: 4, iterations: 36 }, /^$/],
    [{ learningRate: 0.1, criticWarmup: 4, iterations: 4 }, /criticWarmup is 4 and iterations 4/],
    [{ learningRate: 0, criticWarmup: 0, iterations: 4 }, /learningRate is 0/],
  ])('of the policy: %p', (settings, warning) => {
    expect(nothingLearnedByPolicy(settings).join()).toMatch(warning);
  });
});
