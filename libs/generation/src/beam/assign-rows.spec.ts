import { assignRows } from './assign-rows';

/** Row contents after the copies: the row of each new beam must contain its parent's former contents. */
function replay(parents: number[], before: number): void {
  const rows: (number | null)[] = Array.from({ length: Math.max(before, parents.length) }, (_, row) =>
    row < before ? row : null,
  );
  const { order, copies } = assignRows(parents);
  for (const [from, to] of copies) rows[to] = rows[from];
  expect([...order].sort((a, b) => a - b)).toEqual(parents.map((_, child) => child));
  expect(rows.slice(0, parents.length)).toEqual(order.map((child) => parents[child]));
}

describe('assignRows', () => {
  it('copies nothing when each beam has one child', () => {
    expect(assignRows([2, 0, 1])).toEqual({ order: [1, 2, 0], copies: [] });
  });

  it.each([
    ['one parent of all', [0, 0, 0, 0], 1],
    ['a beam that takes over', [3, 3, 3, 3], 4],
    ['some of each', [1, 3, 1, 0], 4],
    ['fewer beams than before, from the last rows', [4, 3, 4], 5],
    ['more beams than before', [1, 0, 1, 0, 1], 2],
  ])('never reads an overwritten row: %s', (_, parents, before) => {
    replay(parents, before);
  });

  it('holds for every choice of parents among three', () => {
    for (let code = 0; code < 81; code++) {
      replay([code % 3, Math.floor(code / 3) % 3, Math.floor(code / 9) % 3, Math.floor(code / 27) % 3], 3);
    }
  });
});
