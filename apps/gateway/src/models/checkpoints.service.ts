import { Injectable, NotFoundException } from '@nestjs/common';
import type { Dataref, EventOf } from '@open-chatgpt/events';
import type { DocumentStore } from '../documents/document-store';
import { Documents } from '../documents/documents';
import { type Checkpoint, checkpointSchema } from './checkpoint';

/** Stores the checkpoints of all runs. */
@Injectable()
export class CheckpointsService {
  private readonly checkpoints: DocumentStore<Checkpoint>;

  constructor(documents: Documents) {
    this.checkpoints = documents.collection('gateway/checkpoints', checkpointSchema);
  }

  all(): Promise<Checkpoint[]> {
    return this.checkpoints.all();
  }

  async get(checkpointId: string): Promise<Checkpoint> {
    const checkpoint = await this.checkpoints.get(checkpointId);
    if (!checkpoint) throw new NotFoundException(`there is no checkpoint "${checkpointId}"`);
    return checkpoint;
  }

  /**
   * Marks checkpoints whose folders are no longer in the store.
   * @param dryRun only counts them
   * @returns the number of checkpoints that were not marked before
   */
  async markGone(isGone: (manifest: Dataref) => Promise<boolean>, dryRun: boolean): Promise<number> {
    let count = 0;
    for await (const { checkpointId, manifest, gone } of this.checkpoints.each()) {
      if (gone || !(await isGone(manifest))) continue;
      count++;
      if (dryRun) continue;
      await this.checkpoints.change(checkpointId, (found) =>
        // A later attempt may have replaced the checkpoint.
        found?.manifest.uri === manifest.uri ? { ...found, gone: true } : null,
      );
    }
    return count;
  }

  /** Idempotent. A later attempt replaces the checkpoint of the same step. */
  async apply({ data, time }: Pick<EventOf<'run.checkpointed'>, 'data' | 'time'>): Promise<void> {
    const { checkpoint: manifest, ...rest } = data;
    const checkpointId = `${data.runId}.step-${data.step}`;
    await this.checkpoints.change(checkpointId, (found) =>
      found && found.attempt > data.attempt ? null : { checkpointId, ...rest, createdAt: time, manifest },
    );
  }
}
