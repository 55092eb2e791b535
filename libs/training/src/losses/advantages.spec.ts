import { generalizedAdvantages, generalizedAdvantagesOfBatch, grpoAdvantages, rlooAdvantages } from '.';
import { expectNumbers } from './expect-numbers';

const values = [0.5, 0.6, 0.7];

describe('generalized advantages', () => {
  it.each([
    [0.95, [0.46575, 0.385, 0.3]],
    [1, [0.5, 0.4, 0.3]],
    [0, [0.1, 0.1, 0.3]],
  ])('with λ %d', (lam, expected) => {
    const { advantages, returns } = generalizedAdvantages([0, 0, 1], values, { gamma: 1, lam });
    expectNumbers(advantages, expected);
    expectNumbers(
      returns,
      expected.map((advantage, t) => advantage + values[t]),
    );
  });

  it('discounts, and goes on from the value after the last token', () => {
    const { advantages } = generalizedAdvantages([1], [0.5], { gamma: 0.9, lam: 1, lastValue: 2 });
    expectNumbers(advantages, [1 + 0.9 * 2 - 0.5]);
  });

  it('of a batch of different lengths are those of each response', () => {
    const batch = generalizedAdvantagesOfBatch([[0, 0, 1], [], [2]], [values, [], [1]], {
      gamma: 1,
      lam: 0.95,
    });
    expectNumbers(batch[0].advantages, [0.46575, 0.385, 0.3]);
    expect(batch[1].advantages).toHaveLength(0);
    expectNumbers(batch[2].advantages, [1]);
  });

  it('refuse values of another length', () => {
    expect(() => generalizedAdvantages([1], [], { gamma: 1, lam: 1 })).toThrow(/rewards 1, values 0/);
  });
});

describe('advantages within a group', () => {
  it('of GRPO', () => {
    expectNumbers(grpoAdvantages([1, 0, 0, 1, 1]), [0.7301634, -1.0952452, -1.0952452, 0.7301634, 0.7301634]);
    expectNumbers(grpoAdvantages([3, 3]), [0, 0]);
  });

  it('of RLOO', () => {
    expectNumbers(rlooAdvantages([1, 0, 0, 1, 1]), [0.5, -0.75, -0.75, 0.5, 0.5]);
    expect(() => rlooAdvantages([1])).toThrow('RLOO: expected at least 2 answers to a prompt; found 1');
  });
});
