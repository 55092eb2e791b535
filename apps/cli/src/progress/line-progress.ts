import type { StageEvent } from '@open-chatgpt/runs';
import { describeEvent, stageTitles } from './describe';
import { Pace } from './pace';
import type { Progress } from './progress';

/** A step is reported no sooner after the last one than this; the first and the last step always are. */
const EVERY_MS = 5000;

/** For a file or a pipe: plain lines, at a rate that does not flood a log. */
export class LineProgress implements Progress {
  private pace = new Pace(0);
  private lastAt = 0;
  private announced: string | null = null;

  constructor(private readonly everyMs = EVERY_MS) {}

  event(event: StageEvent): void {
    if (event.type === 'started') {
      this.pace = new Pace(event.step);
      this.lastAt = 0;
    }
    if (event.type === 'step') {
      const { metric, speed, remaining } = this.pace.update(event);
      const now = Date.now();
      if (event.step !== event.totalSteps && now - this.lastAt < this.everyMs) return;
      this.lastAt = now;
      const at = `${stageTitles[event.stage]} ${event.step}/${event.totalSteps}`;
      this.note([at, metric, speed, remaining].join('  '));
      return;
    }
    const text = describeEvent(event);
    if (text) this.note(text);
  }

  loading(what: string, done: number, total: number): void {
    if (this.announced !== what) this.note(`${what} …`);
    this.announced = total > 0 && done >= total ? null : what;
  }

  note(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  close(): void {}
}
