/** Rows that were left out for one reason. */
export interface LeftOut {
  reason: string;
  count: number;
  /** The file and line of the first of them. */
  place?: string;
}

const SHOWN_REASONS = 3;

/** What the reason says, in words; undefined where the reason is clear. */
function explained(reason: string): string | undefined {
  const [kind, field] = reason.split(/:(.*)/s);
  if (kind === 'unused') return `the field "${field}" says something that this format does not use`;
  if (kind === 'missing') return `the field "${field}" is missing`;
  if (kind === 'wrongType') return `the field "${field}" has a value that cannot be read`;
  return undefined;
}

/** Why rows were left out: the most frequent reasons, each with its count and the place of the first row. For messages. */
export function describeLeftOut(rows: readonly LeftOut[]): string {
  const sorted = [...rows].sort((a, b) => b.count - a.count);
  const shown = sorted.slice(0, SHOWN_REASONS).map(({ reason, count, place }) => {
    const more = [explained(reason), place && `first at ${place}`].filter(Boolean).join('; ');
    return `${count} ${reason}${more ? ` (${more})` : ''}`;
  });
  const others = sorted.slice(SHOWN_REASONS).reduce((sum, { count }) => sum + count, 0);
  return [...shown, ...(others > 0 ? [`${others} for other reasons`] : [])].join(', ');
}

/** What to do when rows were left out for these reasons. */
export function remedyFor(rows: readonly LeftOut[]): string {
  const [most] = [...rows].sort((a, b) => b.count - a.count);
  return most?.reason.startsWith('unused:')
    ? 'Remove the field; to leave out a column on purpose, name those that count (--columns field=column,…).'
    : 'Name another adapter or the columns, or correct the rows.';
}
