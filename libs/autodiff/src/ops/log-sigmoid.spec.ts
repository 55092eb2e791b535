import {
  automaticGradients,
  checkGradient,
  declareInputs,
  expectClose,
  graphErrorOf,
  runGraph,
} from '@open-chatgpt/testing';
import { logSigmoid } from './log-sigmoid';
import { sum } from './sum';

describe('logSigmoid', () => {
  it('is log σ(x), also where σ(x) is 0 or 1 in float32', () => {
    const data = [-110, -20, -1, 0, 1, 20, 110];
    const { y } = runGraph((_, { x }) => ({ y: logSigmoid(x) }), { x: { shape: [7], data } });
    // For negative x: x − log(1 + eˣ), which does not cancel.
    const wanted = data.map((x) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))));
    y.forEach((value, i) => {
      expectClose([value], [wanted[i]], {
        rtol: 2e-6,
        name: `at ${data[i]}`,
        scale: Math.max(1e-3, Math.abs(wanted[i])),
      });
    });
    expect(y[0]).toBe(-110);
  });

  it('has the gradient σ(−x): 1 at −110, 0 at 110, never NaN', () => {
    const data = [-110, -3, 0, 3, 110];
    const inputs = { x: { shape: [5], data } };
    checkGradient({ name: 'logSigmoid', inputs, build: (_, { x }) => logSigmoid(x) });
    const ends = { x: { shape: [1], data: [-110] } };
    const slope = (at: number) =>
      automaticGradients({
        inputs: { ...ends, x: { shape: [1], data: [at] } },
        build: (_, { x }) => sum(logSigmoid(x)),
      }).x[0];
    expect(slope(110) / slope(-110)).toBeLessThan(1e-30);
    expect(slope(110) / slope(-110)).toBeGreaterThanOrEqual(0);
  });

  it('takes floats only', () => {
    const { x } = declareInputs({ x: { shape: [2], dtype: 'int64' } }).values;
    expect(graphErrorOf(() => logSigmoid(x))).toBe('logSigmoid: needs float32, got int64 [2]');
  });
});
