import { expectNumbers } from './expect-numbers.fixture';
import { generalizedAdvantages } from './gae';

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

  it('discounts, and starts from the value after the last token', () => {
    const { advantages } = generalizedAdvantages([1], [0.5], { gamma: 0.9, lam: 1, lastValue: 2 });
    expectNumbers(advantages, [1 + 0.9 * 2 - 0.5]);
  });

  it('refuse values of another length', () => {
    expect(() => generalizedAdvantages([1], [], { gamma: 1, lam: 1 })).toThrow(/rewards 1, values 0/);
  });
});
