/** The progress of an ingestion. */
export interface Progress {
  stage: 'records' | 'shards';
  /** Rows read, or records tokenized, including those before a resume. */
  rows: number;
  /** Examples kept, or tokens written. */
  kept: number;
  /** In this run, since the stage began. */
  rowsPerSecond: number;
  /** Bytes read of the sources or of the records; compressed files count compressed. */
  bytes: number;
  /** Missing where it is not known. */
  totalBytes?: number;
}

/** The bytes that a stage has read. */
export type BytesRead = () => { read: number; total?: number };

const REPORT_EVERY_MS = 500;

/** Calls `report` every half second. No other code depends on the clock. */
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
