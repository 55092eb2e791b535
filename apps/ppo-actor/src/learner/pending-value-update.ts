import type { DataOf } from '@open-chatgpt/events';
import { TrainingInterrupted } from '@open-chatgpt/training';

type Request = DataOf<'value.update-requested'>;
type Updated = DataOf<'value.updated'>;

/** Longest wait for the value learner when the run is to stop. */
const GRACE_MS = 20_000;

/** The request to the value learner that has no answer yet. There is at most one. */
export class PendingValueUpdate {
  private pending: { request: Request; resolve(updated: Updated): void; reject(error: Error): void } | null =
    null;

  constructor(
    private readonly send: (request: Request) => Promise<void>,
    private readonly signal: AbortSignal,
  ) {}

  get request(): Request | null {
    return this.pending?.request ?? null;
  }

  /**
   * Sends a request and waits for its answer.
   * @throws Error with the reason when the request became a dead letter
   * @throws TrainingInterrupted when the run is to stop and the value learner does not answer
   */
  async execute(request: Request): Promise<Updated> {
    let timer: NodeJS.Timeout | undefined;
    let interrupt = () => {};
    const answer = new Promise<Updated>((resolve, reject) => {
      this.pending = { request, resolve, reject };
      interrupt = () => {
        timer = setTimeout(() => reject(new TrainingInterrupted(request.iteration, null)), GRACE_MS);
      };
      if (this.signal.aborted) interrupt();
      else this.signal.addEventListener('abort', interrupt, { once: true });
    });
    try {
      await this.send(request);
      return await answer;
    } finally {
      clearTimeout(timer);
      this.signal.removeEventListener('abort', interrupt);
      this.pending = null;
    }
  }

  /** @returns false when this answers another request, such as one of a learner that was killed */
  resolve(updated: Updated): boolean {
    if (!this.pending) return false;
    const { request, resolve } = this.pending;
    if (updated.iteration !== request.iteration || (request.save && !updated.state)) return false;
    resolve(updated);
    return true;
  }

  reject(error: string): void {
    this.pending?.reject(new Error(`the value model cannot be trained: ${error}`));
  }
}
