import type { Dataref } from '@open-chatgpt/events';
import { type ObjectStore, retryUntilAvailable } from '@open-chatgpt/storage';
import { isObsolete } from './model-versions';
import { RunCache } from './run-cache';
import { getRunDescription, type RunDescription } from './run-description';

/** Runs that a worker keeps the models of, and how long after their last item, in milliseconds. */
const [MOST_RUNS, IDLE_MS] = [2, 10 * 60_000];

export interface RunWorkOptions<T> {
  store: ObjectStore;
  logger: Record<'info' | 'warn', (facts: object, message: string) => void>;
  /** Makes what the items of a run are worked on with. */
  open: (run: RunDescription) => Promise<T>;
  /** After so many milliseconds without an item a run is let go; ten minutes by default. */
  idleMs?: number;
}

/** The items of whichever runs a worker is sent, with what it keeps of these runs between one item and the next. */
export class RunWork<T> {
  private readonly runs: RunCache<T>;

  constructor(private readonly options: RunWorkOptions<T>) {
    this.runs = new RunCache(MOST_RUNS, options.idleMs ?? IDLE_MS);
  }

  /**
   * Does the work on an item: later, where the store is away, and not at all, where the learner of the run has removed
   * what the item needs and so waits for it no more.
   * @param item the ids by which the log names it
   * @param work may be done twice
   * @param signal the process is to stop
   */
  async carryOut(
    item: { runId: string; itemId?: string; iteration?: number },
    run: Dataref,
    work: (atHand: T) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, logger, open } = this.options;
    const opened = () => this.runs.get(run.uri, async () => open(await getRunDescription(store, run)));
    try {
      await retryUntilAvailable(
        async () => work(await opened()),
        signal,
        ({ message }) => logger.warn({ ...item, message }, 'The store is away; waiting for it'),
      );
    } catch (error) {
      if (!isObsolete(error, item.runId)) throw error;
      logger.info({ ...item, missing: error.key }, 'Nobody waits for this any more');
    }
  }

  close(): void {
    this.runs.close();
  }
}
