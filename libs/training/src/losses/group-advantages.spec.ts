import { expectNumbers } from './expect-numbers.fixture';
import { groupAdvantages } from './group-advantages';

const rewards = [1, 0, 0, 1, 1];
const together = [7, 7, 7, 7, 7];

describe('advantages within a group', () => {
  it.each([
    ['grpo', true, [0.7301634, -1.0952452]],
    ['grpo', false, [0.4, -0.6]],
    ['rloo', true, [0.5, -0.75]],
    ['reinforce_plus_plus_baseline', true, [0.4, -0.6]],
  ] as const)('of %s with scaleRewards %s', (advantageEstimator, scaleRewards, [right, wrong]) => {
    const actual = groupAdvantages(rewards, together, { advantageEstimator, scaleRewards });
    expectNumbers(actual, [right, wrong, wrong, right, right]);
  });

  it('compare only responses to the same prompt, wherever they lie', () => {
    const options = { advantageEstimator: 'rloo', scaleRewards: true } as const;
    expectNumbers(groupAdvantages([1, 10, 3, 14], [0, 5, 0, 5], options), [-2, -4, 2, 4]);
  });

  it.each(['grpo', 'rloo', 'reinforce_plus_plus_baseline'] as const)(
    'of %s are 0 for equal rewards, and for a response whose others were dropped',
    (advantageEstimator) => {
      const options = { advantageEstimator, scaleRewards: true };
      expectNumbers(groupAdvantages([2, 2, 5], [0, 0, 1], options), [0, 0, 0]);
    },
  );
});
