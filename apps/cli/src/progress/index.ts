import { BarProgress } from './bar-progress';
import { JsonProgress } from './json-progress';
import { LineProgress } from './line-progress';
import type { Progress } from './progress';

export type { Progress } from './progress';

/** The display that fits where the training's messages go. */
export function createProgress(json: boolean): Progress {
  if (json) return new JsonProgress();
  return process.stdout.isTTY ? new BarProgress(process.stdout) : new LineProgress();
}

/** Bars on stderr where that is a terminal, else nothing: stdout is for the command's result. */
export function createSideProgress(): Progress {
  return process.stderr.isTTY ? new BarProgress(process.stderr) : silent;
}

const silent: Progress = { event() {}, loading() {}, note() {}, close() {} };
