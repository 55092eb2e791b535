import { IdRanges } from './id-ranges';
import { type LedgerState, parseLedgerState } from './state';

export interface LedgerReport {
  generated: number;
  trained: number;
  /** How many samples were dropped for each reason. */
  dropped: Record<string, number>;
  /** Generated and not yet trained or dropped. */
  open: number;
}

/**
 * Accounts for every sample: generated = trained + dropped + open, always. A sample is trained or dropped once;
 * anything else throws, for it would mean that samples get lost or count twice.
 */
export interface Ledger {
  /** @param id a whole number that names the sample in this run; best counted up from 0 */
  generated(id: number): void;
  trained(id: number): void;
  dropped(id: number, reason: string): void;
  /** Drops all open samples, such as samples that were in memory when a run was stopped. Returns how many. */
  dropOpen(reason: string): number;
  /** The samples that are open, in ascending order. */
  open(): number[];
  report(): LedgerReport;
  /** JSON for a checkpoint; `createLedger` resumes from it. */
  state(): LedgerState;
}

/** @throws Error when `state` does not add up */
export function createLedger(state?: LedgerState): Ledger {
  const restored = parseLedgerState(state ?? { trained: 0, dropped: {}, open: [], closed: [] });
  const open = new Set(restored.open);
  const closed = new IdRanges(restored.closed);
  const drops = new Map(Object.entries(restored.dropped));
  let trained = restored.trained;

  const close = (id: number, as: string) => {
    if (open.delete(id)) return closed.add(id);
    throw new Error(
      `ledger: sample ${id} cannot be ${as}: it ${closed.has(id) ? 'was trained or dropped before' : 'was never generated'}`,
    );
  };
  const droppedTotal = () => [...drops.values()].reduce((sum, count) => sum + count, 0);

  const ledger: Ledger = {
    generated(id) {
      if (!Number.isSafeInteger(id) || id < 0) {
        throw new Error(`ledger: expected a whole number of at least 0 as id of a sample; found ${id}`);
      }
      if (open.has(id) || closed.has(id)) throw new Error(`ledger: sample ${id} was generated before`);
      open.add(id);
    },
    trained(id) {
      close(id, 'trained');
      trained++;
    },
    dropped(id, reason) {
      if (reason === '') throw new Error(`ledger: sample ${id} cannot be dropped without a reason`);
      close(id, 'dropped');
      drops.set(reason, (drops.get(reason) ?? 0) + 1);
    },
    dropOpen(reason) {
      const ids = ledger.open();
      for (const id of ids) ledger.dropped(id, reason);
      return ids.length;
    },
    open: () => [...open].sort((a, b) => a - b),
    report: () => ({
      generated: trained + droppedTotal() + open.size,
      trained,
      dropped: Object.fromEntries(drops),
      open: open.size,
    }),
    state: () => ({
      trained,
      dropped: Object.fromEntries(drops),
      open: ledger.open(),
      closed: closed.toJSON(),
    }),
  };
  return ledger;
}
