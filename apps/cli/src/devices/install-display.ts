import type { InstallProgress } from '@open-chatgpt/download';
import { type Bar, MultiBar } from 'cli-progress';
import { formatBytes, formatDuration } from '../terminal/format';
import { printAside } from '../terminal/print';

/** The progress of an installation, on stderr. */
export interface InstallDisplay {
  show: (progress: InstallProgress) => void;
  /** Shows no more progress, so that other lines stay readable. */
  close: () => void;
}

const TITLES = { download: 'downloading', unpack: 'unpacking' };
const LINE_EVERY_MS = 5000;

/** A bar in a terminal, lines in a log. */
export function createInstallDisplay(): InstallDisplay {
  return process.stderr.isTTY ? barDisplay(process.stderr) : lineDisplay();
}

/** One bar for each phase. */
function barDisplay(stream: NodeJS.WritableStream): InstallDisplay {
  const format = '{title} [{bar}] {facts}';
  const bars = new MultiBar({ format, stream, barsize: 24, hideCursor: true, forceRedraw: true, fps: 5 });
  const phases: Partial<Record<InstallProgress['phase'], { bar: Bar; pace: Pace }>> = {};
  return {
    show(progress) {
      const { phase, doneBytes, totalBytes } = progress;
      phases[phase] ??= {
        bar: bars.create(totalBytes, 0, { title: TITLES[phase].padEnd(11), facts: '' }),
        pace: createPace(),
      };
      const { bar, pace } = phases[phase];
      bar.update(doneBytes, { facts: pace(progress) });
    },
    close() {
      if (Object.keys(phases).length === 0) return;
      bars.update();
      bars.stop();
    },
  };
}

function lineDisplay(): InstallDisplay {
  let last = Date.now();
  const paces = { download: createPace(), unpack: createPace() };
  return {
    show(progress) {
      const facts = paces[progress.phase](progress);
      if (Date.now() - last < LINE_EVERY_MS) return;
      last = Date.now();
      printAside(`${TITLES[progress.phase]}: ${facts}`);
    },
    close() {},
  };
}

type Pace = (progress: InstallProgress) => string;

/** Bytes, rate and remaining time as text, from the reports of one phase. What was there before the first report does not count. */
export function createPace(now: () => number = () => performance.now()): Pace {
  let start: { at: number; bytes: number } | null = null;
  return ({ fileName, doneBytes, totalBytes }) => {
    start ??= { at: now(), bytes: doneBytes };
    const seconds = (now() - start.at) / 1000;
    const rate = seconds > 0 ? (doneBytes - start.bytes) / seconds : 0;
    return [
      `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`,
      `${formatBytes(Math.round(rate))}/s`,
      `${rate > 0 ? formatDuration((totalBytes - doneBytes) / rate) : '–'} left`,
      fileName.split('-', 1)[0],
    ].join('  ');
  };
}
