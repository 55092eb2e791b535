import { z } from 'zod';
import { IdRanges } from './id-ranges';

const id = z.int().min(0);

const ledgerStateSchema = z.strictObject({
  trained: id,
  dropped: z.record(z.string(), id),
  open: z.array(id),
  /** Ranges [first, last] of the samples that are trained or dropped. */
  closed: z.array(z.tuple([id, id])),
});

export type LedgerState = z.output<typeof ledgerStateSchema>;

/** @throws Error when the state is malformed, or trained + dropped is not what the closed samples count */
export function parseLedgerState(raw: unknown): LedgerState {
  const result = ledgerStateSchema.safeParse(raw);
  if (!result.success) {
    throw new Error(
      `ledger state: ${z.prettifyError(result.error)}; the checkpoint is damaged or from another version`,
    );
  }
  const state = result.data;
  const dropped = Object.values(state.dropped).reduce((sum, count) => sum + count, 0);
  const closed = new IdRanges(state.closed);
  const ordered = state.closed.every(
    ([first, last], i) => first <= last && (i === 0 || first > state.closed[i - 1][1] + 1),
  );
  if (
    !ordered ||
    state.open.some((open) => closed.has(open)) ||
    new Set(state.open).size !== state.open.length
  ) {
    throw new Error('ledger state: a sample is listed twice; the checkpoint is damaged');
  }
  if (closed.size !== state.trained + dropped) {
    throw new Error(
      `ledger state: ${closed.size} samples are closed, but ${state.trained} trained and ${dropped} dropped; ` +
        'the checkpoint is damaged',
    );
  }
  return state;
}
