import { whiten, whitenSequences } from './whiten';

const values = [1, 2, 3, 100];
const mask = [1, 1, 1, 0];

describe('whitening', () => {
  it.each([
    [false, [-1.224745, 0, 1.224745, 0]],
    [true, [-1, 0, 1, 0]],
  ])('over the unmasked positions (unbiased %s)', (unbiased, expected) => {
    const result = whiten(values, { mask, unbiased });
    for (const [i, value] of expected.entries()) expect(result[i]).toBeCloseTo(value, 6);
  });

  it('can keep the mean', () => {
    const result = whiten(values, { mask, shiftMean: false });
    for (const [i, value] of [1, 2, 3, 0].entries()) expect(result[i]).toBeCloseTo(value, 6);
  });

  it.each([
    ['nothing', [], null, []],
    ['one value', [5], null, [0]],
    ['equal values', [2, 2], null, [0, 0]],
    ['only masked values', [7, 8], [false, false], [0, 0]],
  ])('of %s is finite', (_, input, inputMask, expected) => {
    expect(Array.from(whiten(input, { mask: inputMask }))).toEqual(expected);
  });

  it('keeps float64 accuracy on large float32 values', () => {
    const result = whiten(Float32Array.of(16777216, 16777218), { unbiased: false });
    expect(Array.from(result, (x) => Math.round(x * 1e6) / 1e6)).toEqual([-1, 1]);
  });

  it('whitens sequences of different lengths together', () => {
    const result = whitenSequences([[1], [], Float32Array.of(2, 3)]);
    expect(result.map((sequence) => Array.from(sequence, (x) => Math.round(x * 1e6) / 1e6 + 0))).toEqual([
      [-1],
      [],
      [0, 1],
    ]);
  });

  it('refuses a mask of another length', () => {
    expect(() => whiten([1, 2], { mask: [1] })).toThrow(
      'whiten: expected inputs of equal length; found values 2, mask 1',
    );
  });
});
