import type { Runtime } from '../runtime';

type Replacer = (found: string, ...groups: string[]) => string;

/**
 * Counts what the fields of a format make, before they are put together: a short format can name a long text very often. The engine
 * finds all fields before it replaces the first, so the format counts as a list of its fields too.
 */
export function countPieces(format: string, { budget }: Runtime): (replace: Replacer) => Replacer {
  budget.makeList(Math.ceil(format.length / 2));
  let size = 0;
  return (replace) =>
    (found, ...groups) => {
      const piece = replace(found, ...groups);
      size += piece.length;
      budget.step();
      budget.fits(size);
      return piece;
    };
}
