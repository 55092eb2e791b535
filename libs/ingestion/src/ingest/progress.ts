/** How far an ingestion is. */
export interface Progress {
  stage: 'records' | 'shards';
  /** Rows of the sources read, or records tokenized, those before a resumption included. */
  rows: number;
  /** Examples kept, or tokens written. */
  kept: number;
  /** Of this run, since its stage began. */
  rowsPerSecond: number;
  /** Bytes of the sources, or of the records, read; as they lie there, so packed ones count packed. */
  bytes: number;
  /** Where it is known. */
  totalBytes?: number;
}

/** What a stage has read. */
export type BytesRead = () => { read: number; total?: number };

const REPORT_EVERY_MS = 500;

/** Calls `report` now and then; the clock is only looked at here, and decides nothing else. */
export function progressMeter(
  stage: Progress['stage'],
  rowsBefore: number,
  bytesRead: BytesRead,
  report: (progress: Progress) => void = () => {},
): (rows: number, kept: number, last?: boolean) => void {
  const start = performance.now();
  let reported = start;
  return (rows, kept, last = false) => {
    const now = performance.now();
    if (!last && now - reported < REPORT_EVERY_MS) return;
    reported = now;
    const seconds = Math.max(now - start, 1) / 1000;
    const { read: bytes, total: totalBytes } = bytesRead();
    report({ stage, rows, kept, rowsPerSecond: (rows - rowsBefore) / seconds, bytes, totalBytes });
  };
}
