import { declareInputs, runGraph } from '@open-chatgpt/testing';
import { mul } from './mul';
import { stopGradient } from './stop-gradient';

describe('stopGradient', () => {
  it('is the value itself, without a gradient', () => {
    expect(
      runGraph((_, { x }) => ({ same: stopGradient(x) }), { x: { shape: [2], data: [1.5, -2] } }),
    ).toEqual({ same: [1.5, -2] });
    const { x } = declareInputs({ x: { shape: [2] } }).values;
    stopGradient(mul(x, x));
    expect(x.graph.tape.map(({ op }) => op)).toEqual(['mul']);
  });
});
