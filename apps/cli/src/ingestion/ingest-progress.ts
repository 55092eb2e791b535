import type { IngestProgress as Progress } from '@open-chatgpt/ingestion';
import { type Bar, MultiBar } from 'cli-progress';
import { formatDuration, formatNumber } from '../terminal/format';
import { printAside, printJson } from '../terminal/print';

/** The progress of an ingestion. */
export interface IngestDisplay {
  show(progress: Progress): void;
  /** Shows no more progress, so that other lines stay readable. Idempotent. */
  close(): void;
}

const TITLES = { records: 'reading', shards: 'tokenizing' };
const KEPT = { records: 'kept', shards: 'tokens' };
const LINE_EVERY_MS = 5000;
/** The bar counts kilobytes: it has whole numbers only, and a file of unknown length has none. */
const KILO = 1000;

/** A bar in a terminal, lines in a log, JSON on demand. */
export function createIngestDisplay(json: boolean): IngestDisplay {
  if (json) return { show: (progress) => printJson({ type: 'progress', ...progress }), close() {} };
  return process.stderr.isTTY ? barDisplay(process.stderr) : lineDisplay();
}

/** A bar for each stage, one below the other: records are tokenized while others are read. */
export function barDisplay(stream: NodeJS.WritableStream): IngestDisplay {
  const format = `{title} [{bar}] {facts}`;
  const bars = new MultiBar({ format, stream, barsize: 24, hideCursor: true, forceRedraw: true, fps: 5 });
  const stages: Partial<Record<Progress['stage'], { bar: Bar; pace: ReturnType<typeof createPace> }>> = {};
  const title = (stage: Progress['stage']) => TITLES[stage].padEnd(10);
  let shown = false;
  let closed = false;
  return {
    show(progress) {
      if (closed) return;
      const { stage } = progress;
      const read = Math.round(progress.bytes / KILO);
      const total = Math.max(1, read, Math.ceil((progress.totalBytes ?? 0) / KILO));
      shown = true;
      stages[stage] ??= {
        bar: bars.create(total, 0, { title: title(stage), facts: '' }),
        pace: createPace(),
      };
      const { bar, pace } = stages[stage];
      bar.setTotal(total);
      // Of a file that grows it is not known how much there is to do.
      bar.update(progress.totalBytes === undefined ? 0 : read, { facts: pace(progress) });
    },
    close() {
      if (!shown || closed) return;
      closed = true;
      bars.update();
      bars.stop();
    },
  };
}

function lineDisplay(): IngestDisplay {
  let last = Date.now();
  const paces = { records: createPace(), shards: createPace() };
  return {
    show(progress) {
      const facts = paces[progress.stage](progress);
      if (Date.now() - last < LINE_EVERY_MS) return;
      last = Date.now();
      printAside(`${TITLES[progress.stage]}: ${facts}`);
    },
    close() {},
  };
}

/** Rows, speed and remaining time as text, from the reports of one stage. */
export function createPace(now: () => number = () => performance.now()): (progress: Progress) => string {
  let start: { at: number; bytes: number } | null = null;
  return ({ stage, rows, kept, rowsPerSecond, bytes, totalBytes }) => {
    start ??= { at: now(), bytes };
    const seconds = (now() - start.at) / 1000;
    const speed = seconds > 0 ? (bytes - start.bytes) / seconds : 0;
    const left = totalBytes !== undefined && speed > 0 ? formatDuration((totalBytes - bytes) / speed) : '–';
    return [
      `${formatNumber(rows)} rows, ${formatNumber(kept)} ${KEPT[stage]}`,
      `${formatNumber(Math.round(rowsPerSecond))} rows/s`,
      `${(speed / 1e6).toFixed(1)} MB/s`,
      `${left} left`,
    ].join('  ');
  };
}
