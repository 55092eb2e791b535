/** A change that reading or cleaning makes to what a row says. */
export interface Repair {
  /** A short name that is counted. */
  repair: string;
  /** What the row says at the place of the change, and what is made of it. */
  before: string;
  after: string;
}

/** Reports a change of one text. */
export type Repaired = (repair: string, before: string, after: string) => void;

/** Characters that are shown of a changed text, and those of them before the change. */
const SHOWN = 80;
const SHOWN_BEFORE = 24;

/** The first change of each name. */
export function oncePerRow(repairs: readonly Repair[]): Repair[] {
  return [...new Map([...repairs].reverse().map((one) => [one.repair, one])).values()].reverse();
}

/** Collects the changes of one row, each shown where the text begins to differ. */
export function collectRepairs(): { repairs: Repair[]; repaired: Repaired } {
  const repairs: Repair[] = [];
  return {
    repairs,
    repaired(repair, before, after) {
      if (before === after) return;
      let at = 0;
      while (at < before.length && before[at] === after[at]) at++;
      const from = at <= SHOWN_BEFORE ? 0 : at - SHOWN_BEFORE;
      const shown = (text: string) => `${from > 0 ? '…' : ''}${text.slice(from, from + SHOWN)}`;
      repairs.push({ repair, before: shown(before), after: shown(after) });
    },
  };
}
