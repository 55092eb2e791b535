import type { Dataref } from '@open-chatgpt/events';
import { changeDocument, type ObjectStore, readDocument, StorageError } from '@open-chatgpt/storage';
import { z } from 'zod';
import type { Completion } from './completion';

const manifest = z.object({ uri: z.string(), sha256: z.string(), size: z.number(), version: z.string() });

const recordSchema = z.object({
  formatVersion: z.literal(1),
  /** Fencing epoch: counts the starts of the run. Only the worker that counted last may write. */
  attempt: z.int().min(1),
  /** That worker, for people. */
  worker: z.string(),
  /** Those from which the run may go on, the oldest first. */
  checkpoints: z.array(z.object({ step: z.int().min(0), attempt: z.int(), manifest })),
  /** What was told when the run had done all its steps, to be told again. */
  completed: z.object({ model: z.looseObject({}), run: z.looseObject({}) }).optional(),
});

export interface RunRecord extends z.output<typeof recordSchema> {
  completed?: Completion;
}

export interface CompletedRun {
  completed: Completion;
}

export interface StoredCheckpoint {
  step: number;
  attempt: number;
  manifest: Dataref;
}

/** How often a worker looks whether the run is still its own. */
const WATCH_MS = 10_000;

/** Another worker has begun the run since: this one must write no more. */
export class RunTakenOver extends Error {}

const keyOf = (runId: string) => `runs/${runId}/record.json`;

function parse(runId: string, raw: unknown): RunRecord | null {
  if (raw === null) return null;
  const { success, data, error } = recordSchema.safeParse(raw);
  if (success) return data as RunRecord;
  throw new StorageError(
    `"${keyOf(runId)}" is no record of a run: ${z.prettifyError(error)}; delete it to train from the start.`,
  );
}

/**
 * The folders of the store that a run needs: the checkpoints from which it may go on; once it has completed, its model and
 * the checkpoint of which that was made. Throws StorageError when the record is none.
 */
export async function foldersOfRun(store: ObjectStore, runId: string): Promise<Dataref[]> {
  const record = parse(runId, await readDocument(store, keyOf(runId)));
  if (!record) return [];
  if (!record.completed) return record.checkpoints.map(({ manifest }) => manifest);
  const { manifest, lineage } = record.completed.model;
  return lineage.checkpoint ? [manifest, lineage.checkpoint] : [manifest];
}

/**
 * A run that this worker alone may write. Which worker that is stands in the run's record in the store, changed only by
 * compare-and-swap: a change by a worker that was thought dead, or whose message was given to another one, fails.
 */
export class ClaimedRun {
  private readonly lose = new AbortController();
  private readonly watch: NodeJS.Timeout;
  private constructor(
    private readonly store: ObjectStore,
    private readonly runId: string,
    /** As it was when the run was claimed, with this worker in it. */
    readonly record: RunRecord,
    watchMs: number,
  ) {
    this.watch = setInterval(() => void this.look(), watchMs);
    this.watch.unref();
  }

  /** Whoever claimed the run before has lost it. A completed run is not claimed: its record is enough. */
  static async claim(
    store: ObjectStore,
    runId: string,
    worker: string,
    watchMs = WATCH_MS,
  ): Promise<ClaimedRun | CompletedRun> {
    const found = parse(runId, await readDocument(store, keyOf(runId)));
    if (found?.completed) return { completed: found.completed };
    const record = await changeDocument(store, keyOf(runId), (raw): RunRecord => {
      const { attempt = 0, ...before } = parse(runId, raw) ?? { checkpoints: [] };
      return { ...before, formatVersion: 1, attempt: attempt + 1, worker };
    });
    return new ClaimedRun(store, runId, record, watchMs);
  }

  /** Aborted as soon as it is known that another worker has begun the run. */
  get lost(): AbortSignal {
    return this.lose.signal;
  }

  get attempt(): number {
    return this.record.attempt;
  }

  /** Changes the record. @throws RunTakenOver when the run is another worker's */
  commit(change: (record: RunRecord) => RunRecord): Promise<RunRecord> {
    return changeDocument(this.store, keyOf(this.runId), (raw) => change(this.own(raw)));
  }

  /** @throws RunTakenOver when the run is another worker's */
  async check(): Promise<void> {
    this.own(await readDocument(this.store, keyOf(this.runId)));
  }

  release(): void {
    clearInterval(this.watch);
  }

  private own(raw: unknown): RunRecord {
    const record = parse(this.runId, raw);
    if (record?.attempt === this.attempt) return record;
    this.lose.abort();
    throw new RunTakenOver(
      `Attempt ${this.attempt} of the run ${this.runId} stops: ` +
        (record ? `attempt ${record.attempt} has begun at ${record.worker}.` : 'its record was deleted.'),
    );
  }

  /** A store that is away is a matter for those who write. */
  private async look(): Promise<void> {
    await this.check().catch(() => undefined);
  }
}
