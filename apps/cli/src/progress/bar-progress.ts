import { descriptorOf } from '@open-chatgpt/pipeline';
import type { StageEvent } from '@open-chatgpt/runs';
import { printable, printableLines } from '@open-chatgpt/untrusted';
import { type Bar, MultiBar } from 'cli-progress';
import { describeEvent } from './describe';
import { Pace } from './pace';
import type { Progress } from './progress';
import { StageLabels } from './stage-labels';

const STAGE = '{title} [{bar}] {value}/{total}  {metric}  {speed}  {remaining}';
const LOADING = '{title} [{bar}] {percentage} %';

/** For a terminal: one bar at the bottom, all else above it. */
export class BarProgress implements Progress {
  private bars: MultiBar | null = null;
  private bar: Bar | null = null;
  private shown: string | null = null;
  private pace = new Pace(0);
  private readonly labels = new StageLabels();

  constructor(private readonly stream: NodeJS.WritableStream) {}

  event(event: StageEvent): void {
    const title = this.labels.of(event);
    const text = describeEvent(event, title);
    if (event.type === 'started') {
      this.close();
      if (text) this.note(text);
      this.pace = new Pace(event.step, descriptorOf(event.algorithm).progress);
      this.open(event.stage, STAGE, event.totalSteps, event.step, {
        title: printable(title).padEnd(6),
        metric: '',
        speed: '',
        remaining: '',
      });
      return;
    }
    if (event.type === 'step') this.bar?.update(event.step, this.pace.update(event));
    if (text) this.note(text);
    if (event.type === 'finished') this.close();
  }

  loading(what: string, done: number, total: number): void {
    if (this.shown !== what) {
      this.close();
      if (total > 0) this.open(what, LOADING, total, done, { title: printable(what) });
      else this.note(`${what} …`);
      this.shown = what;
    }
    this.bar?.update(done);
    if (total > 0 && done >= total) this.close();
  }

  note(text: string): void {
    const shown = printableLines(text);
    if (!this.bars) {
      this.stream.write(`${shown}\n`);
      return;
    }
    this.bars.log(`${shown}\n`);
    this.bars.update();
  }

  close(): void {
    this.bars?.update();
    this.bars?.stop();
    this.bars = null;
    this.bar = null;
    this.shown = null;
  }

  private open(
    what: string,
    format: string,
    total: number,
    done: number,
    payload: Record<string, string>,
  ): void {
    // Without forceRedraw a line that was put above the bar would leave the bar's own line empty.
    this.bars = new MultiBar({
      format,
      stream: this.stream,
      barsize: 24,
      hideCursor: true,
      forceRedraw: true,
      fps: 5,
    });
    this.bar = this.bars.create(total, done, payload);
    this.shown = what;
  }
}
