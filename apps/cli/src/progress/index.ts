import { BarProgress } from './bar-progress';
import { JsonProgress } from './json-progress';
import { LineProgress } from './line-progress';
import type { Progress } from './progress';

export type { Progress } from './progress';

/** The display that fits where stdout goes. */
export function createProgress(json: boolean): Progress {
  if (json) return new JsonProgress();
  return process.stdout.isTTY ? new BarProgress() : new LineProgress();
}
