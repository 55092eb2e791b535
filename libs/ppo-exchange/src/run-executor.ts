import type { Dataref } from '@open-chatgpt/events';
import { PermanentError } from '@open-chatgpt/messaging';
import { exchangePrefix } from '@open-chatgpt/runs';
import { Attempt, type ObjectStore, retryUntilAvailable, WorkEndsProcess } from '@open-chatgpt/storage';
import { LRUCache } from 'lru-cache';
import { isObsolete } from './model-versions';
import { getRunDescription, type RunDescription } from './run-description';

/** Runs whose models a worker keeps, and milliseconds after the last item for which it keeps them. */
const [MAX_RUNS, IDLE_MS] = [2, 10 * 60_000];

export interface RunExecutorOptions<RunContext extends object> {
  /** What is done with an item, such as `rollout`: each kind of work counts its own attempts. */
  kind: string;
  store: ObjectStore;
  logger: Record<'info' | 'warn', (facts: object, message: string) => void>;
  /** Loads what the work on a run needs, such as its models. */
  open: (run: RunDescription) => Promise<RunContext>;
  /** Unique among the processes that share the store; by default this process. */
  process?: string;
  /** Milliseconds without work after which a run is closed; ten minutes by default. */
  idleMs?: number;
}

/** What names the work in the log. */
interface WorkFacts {
  runId: string;
  itemId?: string;
  iteration?: number;
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
   * removed what it needs. An item that ended the processes of its workers becomes a dead letter, which its learner receives.
   * @param work may be called more than once
   * @param signal the process stops
   */
  async execute(
    facts: WorkFacts,
    run: Dataref,
    work: (context: RunContext) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { logger } = this.options;
    const untilAvailable = <T>(one: () => Promise<T>) =>
      retryUntilAvailable(one, signal, ({ message }) =>
        logger.warn({ ...facts, message }, 'Waiting for the store'),
      );
    let attempt: Attempt | undefined;
    try {
      attempt = await untilAvailable(() => this.beginAttempt(facts));
      await untilAvailable(async () => work(await this.contexts.forceFetch(run.uri, { context: run })));
      await attempt.progress();
    } catch (error) {
      if (error instanceof WorkEndsProcess) throw new PermanentError(error.message, { cause: error });
      if (!isObsolete(error, facts.runId)) throw error;
      logger.info(
        { ...facts, missing: error.key },
        'Skipped obsolete work: the learner has removed its inputs',
      );
    } finally {
      await attempt?.end();
    }
  }

  private beginAttempt({ runId, itemId, iteration }: WorkFacts): Promise<Attempt> {
    const { store, kind, process } = this.options;
    const key = `${exchangePrefix(runId)}/attempts/${kind}-${itemId ?? iteration}.json`;
    return Attempt.begin(store, key, process);
  }

  close(): void {
    this.contexts.clear();
  }
}
