import { ConflictException, Inject, Injectable } from '@nestjs/common';
import type { Dataref } from '@open-chatgpt/events';
import { type AbandonedWork, findAbandonedWork } from '@open-chatgpt/ppo-exchange';
import { OBJECT_STORE } from '@open-chatgpt/service';
import { checkpointPrefix, foldersOfRun } from '@open-chatgpt/stage-worker';
import {
  collectGarbage,
  currentFolder,
  manifestKeyOf,
  type ObjectStore,
  publishedPrefixes,
  StorageError,
  StorageFailure,
} from '@open-chatgpt/storage';
import { DatasetsService } from '../datasets/datasets.service';
import { CheckpointsService } from '../models/checkpoints.service';
import { ModelsService } from '../models/models.service';
import { PipelinesService } from '../pipelines/pipelines.service';
import { hasEnded } from '../runs/run';
import { RunsService } from '../runs/runs.service';
import type { GarbageSummary } from './garbage';

/** A write that was begun so long ago has died with its process. */
const LONGEST_WRITE_SECONDS = 24 * 3600;

const RUN = /^runs\/([^/]+)\/checkpoints\//;

/** Clears the store of the platform of what nothing refers to any more. */
@Injectable()
export class GarbageService {
  constructor(
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    private readonly pipelines: PipelinesService,
    private readonly runs: RunsService,
    private readonly models: ModelsService,
    private readonly datasets: DatasetsService,
    private readonly checkpoints: CheckpointsService,
  ) {}

  /** @throws ConflictException when documents speak of another store: then all here would look like garbage */
  async collect(graceSeconds: number, dryRun: boolean): Promise<GarbageSummary> {
    try {
      return await this.collectNow(graceSeconds, dryRun);
    } catch (error) {
      if (!(error instanceof StorageError) || error instanceof StorageFailure) throw error;
      throw new ConflictException(`garbage collection stopped: ${error.message}`);
    }
  }

  private async collectNow(graceSeconds: number, dryRun: boolean): Promise<GarbageSummary> {
    const { store } = this;
    const named = [
      ...(await publishedPrefixes(store, 'models')),
      ...(await publishedPrefixes(store, 'datasets')),
    ];
    const runIds = await this.runsInStore();
    const graceMs = graceSeconds * 1000;
    const { kept, hidden, hiddenBytes, removed, removedBytes } = await collectGarbage(
      store,
      [...named, ...runIds.map(checkpointPrefix)],
      { referenced: await this.references(named, runIds), minAgeMs: graceMs, graceMs, dryRun },
    );
    const hiding = new Set(hidden);
    const isGone = async (manifest: Dataref) => {
      const key = manifestKeyOf(store, manifest);
      return hiding.has(key) || !(await store.head(key));
    };
    const abandoned = await this.removeAbandonedWork(new Date(Date.now() - graceMs), dryRun);
    const before = new Date(Date.now() - Math.max(graceSeconds, LONGEST_WRITE_SECONDS) * 1000);
    return {
      dryRun,
      graceSeconds,
      kept: kept.length,
      hidden: { folders: hidden.length, bytes: hiddenBytes, keys: hidden },
      removed: { folders: removed.length, bytes: removedBytes, keys: removed },
      abandonedWork: { objects: abandoned.keys.length, bytes: abandoned.bytes },
      partialWrites: dryRun ? 0 : await store.removePartialWrites(before),
      checkpointsGone: await this.checkpoints.markGone(isGone, dryRun),
    };
  }

  private async removeAbandonedWork(before: Date, dryRun: boolean): Promise<AbandonedWork> {
    const over = new Set((await this.runs.all()).filter(hasEnded).map(({ runId }) => runId));
    const abandoned = await findAbandonedWork(this.store, (runId) => over.has(runId), before);
    if (!dryRun) for (const key of abandoned.keys) await this.store.delete(key);
    return abandoned;
  }

  /** Those that have checkpoints. */
  private async runsInStore(): Promise<string[]> {
    const prefixes = await publishedPrefixes(this.store, 'runs');
    return [...new Set(prefixes.flatMap((prefix) => RUN.exec(`${prefix}/`)?.[1] ?? []))];
  }

  /** Everything that somebody may still fetch. */
  private async references(prefixes: readonly string[], runIds: readonly string[]): Promise<Dataref[]> {
    const found: (Dataref | undefined)[] = [];
    for (const prefix of prefixes) found.push((await currentFolder(this.store, prefix))?.manifest);
    for (const runId of runIds) found.push(...(await foldersOfRun(this.store, runId)));
    for (const { manifest, lineage } of await this.models.all()) found.push(manifest, lineage.checkpoint);
    for (const { manifest } of await this.datasets.all()) found.push(manifest);
    for (const { models } of await this.pipelines.all()) found.push(models?.model, models?.rewardModel);
    for (const run of await this.runs.all()) {
      found.push(run.model, run.inputs?.model, run.inputs?.rewardModel);
      if (!hasEnded(run)) found.push(run.checkpoint);
    }
    return found.filter((one) => one !== undefined);
  }
}
