import { descriptorOf } from '@open-chatgpt/pipeline';
import type { StageEvent } from '@open-chatgpt/runs';
import { print } from '../terminal/print';
import { describeEvent } from './describe';
import { Pace } from './pace';
import type { Progress } from './progress';
import { StageLabels } from './stage-labels';

/** A step is reported no sooner after the last one than this; the first and the last step always are. */
const EVERY_MS = 5000;

/** For a file or a pipe: plain lines, at a rate that does not flood a log. */
export class LineProgress implements Progress {
  private pace = new Pace(0);
  private readonly labels = new StageLabels();
  private lastAt = 0;
  private announced: string | null = null;

  constructor(private readonly everyMs = EVERY_MS) {}

  event(event: StageEvent): void {
    const title = this.labels.of(event);
    if (event.type === 'started') {
      this.pace = new Pace(event.step, descriptorOf(event.algorithm).progress);
      this.lastAt = 0;
    }
    if (event.type === 'step') {
      const { metric, speed, remaining } = this.pace.update(event);
      const now = Date.now();
      if (event.step !== event.totalSteps && now - this.lastAt < this.everyMs) return;
      this.lastAt = now;
      const at = `${title} ${event.step}/${event.totalSteps}`;
      this.note([at, metric, speed, remaining].join('  '));
      return;
    }
    const text = describeEvent(event, title);
    if (text) this.note(text);
  }

  loading(what: string, done: number, total: number): void {
    if (this.announced !== what) this.note(`${what} …`);
    this.announced = total > 0 && done >= total ? null : what;
  }

  note(text: string): void {
    print(text);
  }

  close(): void {}
}
