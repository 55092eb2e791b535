import type { Dataref } from '@open-chatgpt/events';
import { type ObjectStore, retryUntilAvailable } from '@open-chatgpt/storage';
import { LRUCache } from 'lru-cache';
import { isObsolete } from './model-versions';
import { getRunDescription, type RunDescription } from './run-description';

/** Runs whose models a worker keeps, and milliseconds after the last item for which it keeps them. */
const [MAX_RUNS, IDLE_MS] = [2, 10 * 60_000];

export interface RunExecutorOptions<RunContext extends object> {
  store: ObjectStore;
  logger: Record<'info' | 'warn', (facts: object, message: string) => void>;
  /** Loads what the work on a run needs, such as its models. */
  open: (run: RunDescription) => Promise<RunContext>;
  /** Milliseconds without work after which a run is closed; ten minutes by default. */
  idleMs?: number;
}

/** Executes work for any run. Keeps what it has loaded for the last runs. */
export class RunExecutor<RunContext extends object> {
  private readonly contexts: LRUCache<string, RunContext, Dataref>;

  constructor(private readonly options: RunExecutorOptions<RunContext>) {
    const { store, open, idleMs = IDLE_MS } = options;
    this.contexts = new LRUCache({
      max: MAX_RUNS,
      ttl: idleMs,
      updateAgeOnGet: true,
      ttlAutopurge: true,
      fetchMethod: async (_uri, _stale, { context: run }) => open(await getRunDescription(store, run)),
      // Work that waits for a run gets it, even if the cache evicts the run while it opens.
      ignoreFetchAbort: true,
    });
  }

  /**
   * Executes work for a run. Waits while the store is unavailable. Skips work that has become obsolete: the learner has
   * removed what it needs.
   * @param facts that name the work in the log
   * @param work may be called more than once
   * @param signal the process stops
   */
  async execute(
    facts: { runId: string; itemId?: string; iteration?: number },
    run: Dataref,
    work: (context: RunContext) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { logger } = this.options;
    try {
      await retryUntilAvailable(
        async () => work(await this.contexts.forceFetch(run.uri, { context: run })),
        signal,
        ({ message }) => logger.warn({ ...facts, message }, 'Waiting for the store'),
      );
    } catch (error) {
      if (!isObsolete(error, facts.runId)) throw error;
      logger.info(
        { ...facts, missing: error.key },
        'Skipped obsolete work: the learner has removed its inputs',
      );
    }
  }

  close(): void {
    this.contexts.clear();
  }
}
