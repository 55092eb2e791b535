/** The first and the last of consecutive code points. */
export type Range = readonly [low: number, high: number];

/** What a rule of a grammar matches. */
export type Expression =
  | { kind: 'text'; text: string }
  | { kind: 'class'; ranges: readonly Range[] }
  | { kind: 'sequence'; parts: readonly Expression[] }
  | { kind: 'choice'; options: readonly Expression[] }
  | { kind: 'repeat'; part: Expression; least: number; most: number }
  | { kind: 'rule'; name: string };

/** A context-free grammar of texts. */
export interface Grammar {
  root: Expression;
  rules: ReadonlyMap<string, Expression>;
}

const LAST = 0x10ffff;

export const text = (value: string): Expression => ({ kind: 'text', text: value });
export const sequence = (...parts: Expression[]): Expression => ({ kind: 'sequence', parts });
export const choice = (...options: Expression[]): Expression => ({ kind: 'choice', options });
export const ruleNamed = (name: string): Expression => ({ kind: 'rule', name });
export const optional = (part: Expression): Expression => repeat(part, 0, 1);
export const classOf = (...ranges: Range[]): Expression => ({ kind: 'class', ranges });

/** @param most Infinity for no limit */
export function repeat(part: Expression, least: number, most: number): Expression {
  return { kind: 'repeat', part, least, most };
}

/** The ranges in order, without overlaps. */
function normalized(ranges: readonly Range[]): Range[] {
  const result: [number, number][] = [];
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else result.push([low, high]);
  }
  return result;
}

/** All code points that are not in the ranges. */
export function complement(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  let next = 0;
  for (const [low, high] of normalized(ranges)) {
    if (low > next) result.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= LAST) result.push([next, LAST]);
  return result;
}

/** The code points of the first ranges that are not in the second. */
export function without(ranges: readonly Range[], excluded: readonly Range[]): Range[] {
  return complement([...complement(ranges), ...excluded]);
}
