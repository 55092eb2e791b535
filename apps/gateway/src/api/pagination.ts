import { z } from 'zod';
import { InvalidRequest } from './validation';

/** Query parameters of every list. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('maximum number of items'),
  after: z.string().max(512).optional().describe('`next` of the previous page'),
});

type PageQuery = z.output<typeof pageQuery>;

export interface Page<T> {
  items: T[];
  /** `after` of the next page; null on the last one. */
  next: string | null;
}

/** The schema of one page of a list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable() });

/** One page, the newest item first. @param idOf orders items of the same time */
export function pageFrom<T extends { createdAt: string }>(
  all: readonly T[],
  { limit, after }: PageQuery,
  idOf: (item: T) => string,
): Page<T> {
  const cursorOf = (item: T) => `${item.createdAt}/${idOf(item)}`;
  const before = after === undefined ? undefined : readCursor(after);
  const sorted = all
    .map((item) => ({ item, cursor: cursorOf(item) }))
    .filter(({ cursor }) => before === undefined || cursor < before)
    .sort((a, b) => (a.cursor < b.cursor ? 1 : -1));
  const page = sorted.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    next: last && sorted.length > limit ? Buffer.from(last.cursor).toString('base64url') : null,
  };
}

function readCursor(after: string): string {
  const cursor = Buffer.from(after, 'base64url').toString();
  if (/^\d{4}-[^/]+\/.+$/.test(cursor)) return cursor;
  throw new InvalidRequest([{ field: 'after', message: 'expected "next" of the previous page' }]);
}
