/**
 * Which row of the cache each new beam gets: a parent's first child stays in its row, the other children take rows that
 * nobody stays in, so that copying rows one after the other never overwrites one that is still to be read.
 *
 * @param parents row of each new beam's parent
 * @returns the new beams' indices in the order of their rows, and the copies to make (from row, to row)
 */
export function assignRows(parents: readonly number[]): { order: number[]; copies: [number, number][] } {
  const order: number[] = new Array(parents.length).fill(-1);
  const homeless: number[] = [];
  parents.forEach((parent, child) => {
    if (parent < order.length && order[parent] === -1) order[parent] = child;
    else homeless.push(child);
  });
  const copies: [number, number][] = [];
  for (let row = 0; row < order.length; row++) {
    if (order[row] !== -1) continue;
    order[row] = homeless.shift()!;
    copies.push([parents[order[row]], row]);
  }
  return { order, copies };
}
