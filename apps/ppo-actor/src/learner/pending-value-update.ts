import type { DataOf } from '@open-chatgpt/events';
import { TrainingInterrupted } from '@open-chatgpt/training';

type Request = DataOf<'value.update-requested'>;
type Updated = DataOf<'value.updated'>;

/** How long a run that is to stop waits for the critic. */
const GRACE_MS = 20_000;

/** The one request to the value learner that is open, if any. */
export class PendingValueUpdate {
  private open: { request: Request; resolve(updated: Updated): void; reject(error: Error): void } | null =
    null;

  constructor(
    private readonly send: (request: Request) => Promise<void>,
    private readonly signal: AbortSignal,
  ) {}

  get unanswered(): Request | null {
    return this.open?.request ?? null;
  }

  /**
   * @throws Error with the reason when the value learner has given it up
   * @throws TrainingInterrupted when the run is to stop and the value learner has nothing to say for long
   */
  async ask(request: Request): Promise<Updated> {
    let timer: NodeJS.Timeout | undefined;
    let giveUp = () => {};
    const answer = new Promise<Updated>((resolve, reject) => {
      this.open = { request, resolve, reject };
      giveUp = () => {
        timer = setTimeout(() => reject(new TrainingInterrupted(request.iteration, null)), GRACE_MS);
      };
      if (this.signal.aborted) giveUp();
      else this.signal.addEventListener('abort', giveUp, { once: true });
    });
    try {
      await this.send(request);
      return await answer;
    } finally {
      clearTimeout(timer);
      this.signal.removeEventListener('abort', giveUp);
      this.open = null;
    }
  }

  /** An answer to another request, such as that of a learner that was killed, is none. */
  answer(updated: Updated): boolean {
    if (!this.open) return false;
    const { request, resolve } = this.open;
    if (updated.iteration !== request.iteration || (request.save && !updated.state)) return false;
    resolve(updated);
    return true;
  }

  giveUp(error: string): void {
    this.open?.reject(new Error(`the value model cannot be trained: ${error}`));
  }
}
