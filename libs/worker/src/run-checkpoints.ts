import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataref } from '@open-chatgpt/events';
import {
  checkpointPrefix,
  type RecordedEvent,
  type RunFolder,
  type StoredCheckpoint,
} from '@open-chatgpt/runs';
import {
  ChecksumError,
  collectGarbage,
  fetchFolder,
  ObjectNotFoundError,
  type ObjectStore,
  publishFolder,
  storeTime,
} from '@open-chatgpt/storage';
import { adoptCheckpoint, latestCheckpoint } from '@open-chatgpt/training';

/** What is published: the checkpoint as the loop saved it, and what the stage recorded up to then, for the report. */
const CHECKPOINT = 'checkpoint';
const EVENTS = 'events.json';

/** How long the files of a checkpoint that was replaced stay, for a worker that is fetching them. */
const GRACE_MS = 15 * 60_000;

/** A write that started so long ago belongs to a process that has died. */
const LONGEST_WRITE_MS = 24 * 3600_000;

/** A saved checkpoint on its way to the store. */
export interface StagedCheckpoint {
  step: number;
  path: string;
}

/** The checkpoints of a run in the store, and their way from and to its folder on this machine. */
export class RunCheckpoints {
  private readonly prefix: string;
  private readonly staging: string;

  constructor(
    private readonly store: ObjectStore,
    runId: string,
    private readonly stage: string,
    private readonly folder: RunFolder,
  ) {
    this.prefix = checkpointPrefix(runId);
    this.staging = join(folder.path, `uploading-${stage}`);
    rmSync(this.staging, { recursive: true, force: true });
  }

  /**
   * Stages a checkpoint, synchronously: the loop may delete it when it has saved the next. Its files are immutable, so
   * they are linked, not copied.
   */
  stageFiles({ step, path }: { step: number; path: string }): StagedCheckpoint {
    const staged = join(this.staging, String(step));
    rmSync(staged, { recursive: true, force: true });
    mkdirSync(join(staged, CHECKPOINT), { recursive: true });
    for (const name of readdirSync(path)) linkOrCopy(join(path, name), join(staged, CHECKPOINT, name));
    return { step, path: staged };
  }

  async publish({ step, path }: StagedCheckpoint): Promise<Dataref> {
    const events = this.folder.events().filter(({ stage }) => stage === this.stage);
    await writeFile(join(path, EVENTS), JSON.stringify(events));
    return publishFolder(this.store, `${this.prefix}/step-${String(step).padStart(8, '0')}`, path);
  }

  drop({ path }: StagedCheckpoint): void {
    rmSync(path, { recursive: true, force: true });
    if (readdirSync(this.staging).length === 0) rmSync(this.staging, { recursive: true });
  }

  /** Removes the checkpoints that the run would not resume from any more, and the partial writes of killed processes. */
  async prune(kept: readonly StoredCheckpoint[]): Promise<void> {
    const referenced = kept.map(({ manifest }) => manifest);
    await collectGarbage(this.store, [this.prefix], { referenced, graceMs: GRACE_MS });
    const now = await storeTime(this.store);
    await this.store.removePartialWrites(new Date(now.getTime() - LONGEST_WRITE_MS));
  }

  /**
   * Puts the newest of `stored` where the loop looks for it, unless what lies there is as new. One that is damaged or
   * gone is passed over for the one before.
   * @param signal ends it early; throws the error of the store then
   * @returns the one that was put there, or null
   */
  async restore(
    stored: readonly StoredCheckpoint[],
    warn: (message: string) => void,
    signal?: AbortSignal,
  ): Promise<StoredCheckpoint | null> {
    if (stored.length === 0) return null;
    const dir = this.folder.checkpointsOf(this.stage);
    const here = await latestCheckpoint(dir, () => undefined).catch(() => null);
    const newer = stored.filter(({ step }) => step > (here?.step ?? -1));
    for (const checkpoint of [...newer].reverse()) {
      const { step, manifest } = checkpoint;
      const fetching = join(this.folder.path, `fetching-${this.stage}`);
      try {
        const fetched = await fetchFolder(this.store, manifest, fetching, signal);
        const events = JSON.parse(readFileSync(join(fetched, EVENTS), 'utf8')) as RecordedEvent[];
        // Killed in between, it is fetched once more: what lies here is still older.
        this.folder.adopt(this.stage, events);
        await adoptCheckpoint(dir, join(fetched, CHECKPOINT));
        return checkpoint;
      } catch (error) {
        if (!(error instanceof ChecksumError) && !(error instanceof ObjectNotFoundError)) throw error;
        warn(`the checkpoint of step ${step} in the store is left out: ${error.message}`);
      } finally {
        await rm(fetching, { recursive: true, force: true });
      }
    }
    return null;
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    // Some file systems have no links.
    if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    copyFileSync(from, to);
  }
}
