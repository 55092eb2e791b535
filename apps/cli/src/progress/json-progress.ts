import type { StageEvent } from '@open-chatgpt/runs';
import { printJson } from '../terminal/print';
import type { Progress } from './progress';

/** For programs: every event as it is recorded in metrics.jsonl, one object a line. */
export class JsonProgress implements Progress {
  private lastPercent = -1;

  event(event: StageEvent): void {
    printJson(event);
  }

  loading(what: string, done: number, total: number): void {
    const percent = total > 0 ? Math.floor((100 * done) / total) : 0;
    if (percent !== this.lastPercent) printJson({ type: 'loading', what, done, total });
    this.lastPercent = percent;
  }

  note(message: string): void {
    printJson({ type: 'note', message });
  }

  close(): void {}
}
