import { updateMovingAverage } from './ema';
import { expectNumbers } from './expect-numbers.fixture';
import { logSigmoid } from './log-sigmoid';
import { createRunningMoments } from './running-moments';

describe('the stable logarithm of the sigmoid', () => {
  it.each([
    [0, -Math.LN2],
    [-110, -110],
    [110, -Math.exp(-110)],
    [-1e308, -1e308],
  ])('log σ(%d)', (x, expected) => {
    expect(Math.abs(logSigmoid(x) - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected));
  });
});

describe('running moments', () => {
  it('agree with the two-pass formulas, also where the mean dwarfs the deviation, and resume', () => {
    const values = [1e9 + 1, 1e9 + 2, 1e9 + 4];
    let moments = createRunningMoments();
    for (const value of values) {
      moments.push(value);
      moments = createRunningMoments(JSON.parse(JSON.stringify(moments.state())));
    }
    expect(moments.count).toBe(3);
    expect(moments.mean).toBeCloseTo(1e9 + 7 / 3, 6);
    expect(moments.std).toBeCloseTo(Math.sqrt(7 / 3), 6);
  });

  it('of fewer than two values deviate by 0, and refuse NaN', () => {
    const moments = createRunningMoments();
    moments.push(3);
    expect(moments.std).toBe(0);
    expect(() => moments.push(Number.NaN)).toThrow(/expected a finite number; found NaN/);
  });
});

describe('the moving average of weights', () => {
  it('moves by 1 − decay', () => {
    const average = Float32Array.of(1, 2);
    updateMovingAverage(average, Float32Array.of(2, 0), 0.75);
    expectNumbers(average, [1.25, 1.5]);
    expect(() => updateMovingAverage(average, new Float32Array(3), 0.5)).toThrow(
      /expected 2 weights; found 3/,
    );
  });
});
