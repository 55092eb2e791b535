/**
 * Assigns a row of the cache to each new beam. A parent's first child keeps its row. The other children get rows without a
 * child, so that copying rows one after another never overwrites a row that is still to be read.
 *
 * @param parents row of each new beam's parent
 * @returns the indices of the new beams in the order of their rows, and the copies as pairs (from row, to row)
 */
export function assignRows(parents: readonly number[]): { order: number[]; copies: [number, number][] } {
  const order: number[] = new Array(parents.length).fill(-1);
  const displaced: number[] = [];
  parents.forEach((parent, child) => {
    if (parent < order.length && order[parent] === -1) order[parent] = child;
    else displaced.push(child);
  });
  const copies: [number, number][] = [];
  for (let row = 0; row < order.length; row++) {
    if (order[row] !== -1) continue;
    order[row] = displaced.shift()!;
    copies.push([parents[order[row]], row]);
  }
  return { order, copies };
}
