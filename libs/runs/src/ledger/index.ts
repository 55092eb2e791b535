export { createLedger, type Ledger, type LedgerReport } from './ledger';
export type { LedgerState } from './state';
