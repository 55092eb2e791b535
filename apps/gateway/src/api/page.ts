import { z } from 'zod';
import { InvalidRequest } from './validated';

/** What every list takes. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('most items of the page'),
  after: z.string().max(512).optional().describe('`next` of the page before'),
});

type PageQuery = z.output<typeof pageQuery>;

export interface Page<T> {
  items: T[];
  /** Asks for the page that follows; null on the last one. */
  next: string | null;
}

/** The schema of one page of a list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable() });

/** One page, the newest first. @param idOf tells items of the same moment apart */
export function pageFrom<T extends { createdAt: string }>(
  all: readonly T[],
  { limit, after }: PageQuery,
  idOf: (item: T) => string,
): Page<T> {
  const placeOf = (item: T) => `${item.createdAt}/${idOf(item)}`;
  const before = after === undefined ? undefined : readCursor(after);
  const sorted = all
    .map((item) => ({ item, place: placeOf(item) }))
    .filter(({ place }) => before === undefined || place < before)
    .sort((a, b) => (a.place < b.place ? 1 : -1));
  const page = sorted.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    next: last && sorted.length > limit ? Buffer.from(last.place).toString('base64url') : null,
  };
}

function readCursor(after: string): string {
  const place = Buffer.from(after, 'base64url').toString();
  if (/^\d{4}-[^/]+\/.+$/.test(place)) return place;
  throw new InvalidRequest([{ field: 'after', message: 'expected "next" of the page before' }]);
}
