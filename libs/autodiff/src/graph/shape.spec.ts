import { broadcastShapes, elementCount, formatShape, normalizeAxis, sameShape } from './shape';

describe('shapes', () => {
  it.each([
    [[], [], []],
    [[2, 3], [3], [2, 3]],
    [
      [3, 1],
      [1, 4],
      [3, 4],
    ],
    [['B', 1], ['T'], ['B', 'T']],
    [
      ['B', 3],
      [1, 3],
      ['B', 3],
    ],
  ])('%j and %j broadcast to %j', (a, b, wanted) => {
    expect(broadcastShapes('op', a, b)).toEqual(wanted);
    expect(broadcastShapes('op', b, a)).toEqual(wanted);
  });

  it.each([
    [[2], [3]],
    [['B'], [3]],
    [['B'], ['T']],
    [
      [2, 3],
      [2, 1, 2],
    ],
  ])('%j and %j do not broadcast', (a, b) => {
    expect(() => broadcastShapes('op', a, b)).toThrow(
      `op: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`,
    );
  });

  it('counts elements of fixed sizes only', () => {
    expect([elementCount([]), elementCount([2, 3]), elementCount([2, 0])]).toEqual([1, 6, 0]);
    expect(() => elementCount(['B', 3])).toThrow('shape [B, 3] has no fixed size: "B"');
  });

  it('compares', () => {
    expect(sameShape(['B', 2], ['B', 2])).toBe(true);
    expect(sameShape([2], [2, 1])).toBe(false);
    expect(sameShape([2], ['B'])).toBe(false);
  });

  it('counts axes from either end', () => {
    expect([normalizeAxis('op', 0, 3), normalizeAxis('op', -1, 3)]).toEqual([0, 2]);
    for (const axis of [3, -4])
      expect(() => normalizeAxis('op', axis, 3)).toThrow(`op: axis ${axis} is outside a tensor of rank 3`);
  });
});
