import { ConflictException, Inject, Injectable } from '@nestjs/common';
import type { Dataref } from '@open-chatgpt/events';
import { runHasEnded } from '@open-chatgpt/orchestration';
import {
  checkpointPrefix,
  foldersOfRun,
  InvalidRunRecordError,
  parseRunRecord,
  recordKey,
  runOfCheckpoint,
} from '@open-chatgpt/runs';
import { OBJECT_STORE } from '@open-chatgpt/service';
import {
  collectGarbage,
  currentFolder,
  manifestKeyOf,
  type ObjectStore,
  publishedPrefixes,
  readDocument,
  StorageError,
  StorageFailure,
  storeTime,
} from '@open-chatgpt/storage';
import { DatasetsService } from '../datasets/datasets.service';
import { Documents } from '../documents/documents';
import { CheckpointsService } from '../models/checkpoints.service';
import { ModelsService } from '../models/models.service';
import { PipelinesService } from '../pipelines/pipelines.service';
import { RunsService } from '../runs/runs.service';
import { type AbandonedWork, findAbandonedWork } from './abandoned-work';
import type { GarbageCollectionReport } from './garbage-collection';

/** A write that began so long ago belongs to a process that has died. */
const LONGEST_WRITE_SECONDS = 24 * 3600;

/** Documents that refer to folders; histories and alerts do not. */
const MAY_REFER = /^gateway\/(pipelines|runs|models|datasets)\//;

interface References {
  referenced: Dataref[];
  /** Prefixes that can be collected: all references to folders below them are known. */
  collected: string[];
  /** What is damaged, and its remedy. */
  damaged: string[];
}

/** Removes folders and objects from the platform's store that nothing refers to any more. */
@Injectable()
export class GarbageCollectionService {
  constructor(
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    private readonly pipelines: PipelinesService,
    private readonly runs: RunsService,
    private readonly models: ModelsService,
    private readonly datasets: DatasetsService,
    private readonly checkpoints: CheckpointsService,
    private readonly documents: Documents,
  ) {}

  /**
   * A folder that a damaged document may refer to stays.
   * @throws ConflictException when documents refer to another store: everything in this one would look like garbage
   */
  async collect(graceSeconds: number, dryRun: boolean): Promise<GarbageCollectionReport> {
    try {
      return await this.collectNow(graceSeconds, dryRun);
    } catch (error) {
      if (!isInvalidDocument(error)) throw error;
      throw new ConflictException(`garbage collection stopped: ${error.message}`);
    }
  }

  private async collectNow(graceSeconds: number, dryRun: boolean): Promise<GarbageCollectionReport> {
    const { store } = this;
    const named = [
      ...(await publishedPrefixes(store, 'models')),
      ...(await publishedPrefixes(store, 'datasets')),
    ];
    const runIds = await this.runsWithCheckpoints();
    const graceMs = graceSeconds * 1000;
    const { referenced, collected, damaged } = await this.references(named, runIds);
    const { kept, hidden, hiddenBytes, removed, removedBytes } = await collectGarbage(store, collected, {
      referenced,
      minAgeMs: graceMs,
      graceMs,
      dryRun,
    });
    const hiding = new Set(hidden);
    const isGone = async (manifest: Dataref) => {
      const key = manifestKeyOf(store, manifest);
      return hiding.has(key) || !(await store.head(key));
    };
    const now = (await storeTime(store)).getTime();
    const abandoned = await this.removeAbandonedWork(new Date(now - graceMs), dryRun);
    const before = new Date(now - Math.max(graceSeconds, LONGEST_WRITE_SECONDS) * 1000);
    return {
      dryRun,
      graceSeconds,
      kept: kept.length,
      hidden: { folders: hidden.length, bytes: hiddenBytes, keys: hidden },
      removed: { folders: removed.length, bytes: removedBytes, keys: removed },
      abandonedWork: { objects: abandoned.keys.length, bytes: abandoned.bytes },
      partialWrites: dryRun ? 0 : await store.removePartialWrites(before),
      damaged,
      checkpointsGone: await this.checkpoints.markGone(isGone, dryRun),
    };
  }

  private async removeAbandonedWork(before: Date, dryRun: boolean): Promise<AbandonedWork> {
    const ended = new Set((await this.runs.all()).filter(runHasEnded).map(({ runId }) => runId));
    const abandoned = await findAbandonedWork(this.store, (runId) => ended.has(runId), before);
    if (!dryRun) for (const key of abandoned.keys) await this.store.delete(key);
    return abandoned;
  }

  private async runsWithCheckpoints(): Promise<string[]> {
    const prefixes = await publishedPrefixes(this.store, 'runs');
    return [...new Set(prefixes.flatMap((prefix) => runOfCheckpoint(`${prefix}/`) ?? []))];
  }

  /**
   * References to every folder that a service may still fetch. Prefixes whose references cannot be read are not collected:
   * of a damaged document of the gateway nobody knows which models and datasets it names.
   */
  private async references(named: readonly string[], runIds: readonly string[]): Promise<References> {
    const found: (Dataref | undefined)[] = [];
    for (const { manifest, lineage } of await this.models.all()) found.push(manifest, lineage.checkpoint);
    for (const { manifest } of await this.datasets.all()) found.push(manifest);
    for (const { models } of await this.pipelines.all()) found.push(...Object.values(models ?? {}));
    for (const run of await this.runs.all()) {
      found.push(run.model, ...Object.values(run.inputs?.models ?? {}));
      if (!runHasEnded(run)) found.push(run.checkpoint);
    }
    const unread = (await this.documents.stillDamaged()).filter((key) => MAY_REFER.test(key));
    const collected: string[] = [];
    const damaged = unread.map((key) => `"${key}" is damaged: restore it from a backup, or delete it.`);
    /** @param read null when only a damaged document may know the references */
    const collect = async (prefix: string, read: () => Promise<(Dataref | undefined)[] | null>) => {
      try {
        const references = await read();
        if (references === null) return;
        found.push(...references);
        collected.push(prefix);
      } catch (error) {
        if (!isInvalidDocument(error)) throw error;
        damaged.push(error.message);
      }
    };
    for (const runId of runIds)
      await collect(checkpointPrefix(runId), async () => {
        const record = parseRunRecord(runId, await readDocument(this.store, recordKey(runId)));
        return record ? foldersOfRun(record) : unread.length > 0 ? null : [];
      });
    for (const prefix of unread.length > 0 ? [] : named)
      await collect(prefix, async () => [(await currentFolder(this.store, prefix))?.manifest]);
    return { referenced: found.filter((one) => one !== undefined), collected, damaged };
  }
}

/** Whether the store works, and a document in it cannot be used. */
function isInvalidDocument(error: unknown): error is StorageError | InvalidRunRecordError {
  if (error instanceof InvalidRunRecordError) return true;
  return error instanceof StorageError && !(error instanceof StorageFailure);
}
