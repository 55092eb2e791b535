import { parseRunRecord, type RunRecord, recordKey } from '@open-chatgpt/runs';
import { changeDocument, type ObjectStore, readDocument } from '@open-chatgpt/storage';
import type { Completion, Ending } from './run-completion';

/** The record with the events of its completion as this service writes them. */
export interface WorkerRecord extends RunRecord {
  completed?: Completion;
  ended?: { generation: number } & Ending;
}

/** A run that is not claimed: its request has ended before. */
export type EndedRun = { completed: Completion } | { ended: Ending };

/** How often a worker checks that it still holds the claim. */
const WATCH_MS = 10_000;

/** Another worker has claimed the run: this one must not write any more. */
export class RunTakenOver extends Error {}

const parse = (runId: string, document: unknown) => parseRunRecord(runId, document) as WorkerRecord | null;

/**
 * A run that only this worker may write. The record of the run in the store names the worker by a fencing token, the
 * attempt, and changes only by compare-and-swap: a write of a worker that another one has replaced fails.
 */
export class ClaimedRun {
  private readonly lose = new AbortController();
  private readonly watch: NodeJS.Timeout;
  private constructor(
    private readonly store: ObjectStore,
    private readonly runId: string,
    /** As it was when the run was claimed, with this worker in it. */
    readonly record: WorkerRecord,
    watchMs: number,
  ) {
    this.watch = setInterval(() => void this.look(), watchMs);
    this.watch.unref();
  }

  /**
   * Takes the claim from the worker that held it. A run that has ended is not claimed: its record is enough.
   * @param generation of the request; null executes a request again that has failed or was cancelled
   */
  static async claim(
    store: ObjectStore,
    runId: string,
    worker: string,
    generation: number | null,
    watchMs = WATCH_MS,
  ): Promise<ClaimedRun | EndedRun> {
    const found = parse(runId, await readDocument(store, recordKey(runId)));
    if (found?.completed) return { completed: found.completed };
    if (found?.ended && generation !== null && generation <= found.ended.generation) {
      const { generation: _, ...ended } = found.ended;
      return { ended };
    }
    const record = await changeDocument(store, recordKey(runId), (raw): WorkerRecord => {
      const { attempt = 0, ...before } = parse(runId, raw) ?? { checkpoints: [] };
      return { ...before, formatVersion: 1, attempt: attempt + 1, worker };
    });
    return new ClaimedRun(store, runId, record, watchMs);
  }

  /** Aborted when another worker has claimed the run. */
  get lost(): AbortSignal {
    return this.lose.signal;
  }

  get attempt(): number {
    return this.record.attempt;
  }

  /** Changes the record. @throws RunTakenOver when the run is another worker's */
  commit(change: (record: WorkerRecord) => WorkerRecord): Promise<WorkerRecord> {
    return changeDocument(this.store, recordKey(this.runId), (raw) => change(this.own(raw)));
  }

  /** @throws RunTakenOver when the run is another worker's */
  async check(): Promise<void> {
    this.own(await readDocument(this.store, recordKey(this.runId)));
  }

  release(): void {
    clearInterval(this.watch);
  }

  private own(raw: unknown): WorkerRecord {
    const record = parse(this.runId, raw);
    if (record?.attempt === this.attempt) return record;
    this.lose.abort();
    throw new RunTakenOver(
      `Attempt ${this.attempt} of the run ${this.runId} stops: ` +
        (record ? `attempt ${record.attempt} has begun at ${record.worker}.` : 'its record was deleted.'),
    );
  }

  /** Writers report an unavailable store. */
  private async look(): Promise<void> {
    await this.check().catch(() => undefined);
  }
}
