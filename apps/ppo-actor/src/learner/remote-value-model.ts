import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { DataOf, Dataref, ModelVersion } from '@open-chatgpt/events';
import { datarefOf, putValueExperience, readObject } from '@open-chatgpt/ppo-exchange';
import {
  type Checkpoint,
  type CheckpointContent,
  VALUE_STATE_FILE,
  type ValueExperience,
} from '@open-chatgpt/training';
import type { ExchangeFolder } from './exchange-folder';
import type { PendingValueUpdate } from './pending-value-update';
import { VersionRetention } from './version-retention';

export interface RemoteValueModelOptions {
  runId: string;
  folder: ExchangeFolder;
  updates: PendingValueUpdate;
  /** Versions that work items may still name. */
  keptVersions: number;
}

/**
 * The value model, which the learner of the critic trains. This class decides on which experience: that of each iteration,
 * which names that of the iteration before, back to the last checkpoint.
 */
export class RemoteValueModel {
  readonly versions: VersionRetention;
  private run?: Dataref;
  /** The state in the last checkpoint, and the experience since. */
  private base?: { iteration: number; state: Dataref };
  private saved?: { iteration: number; state: Dataref };
  private experience: Dataref[] = [];

  constructor(private readonly options: RemoteValueModelOptions) {
    const { keptVersions, folder } = options;
    this.versions = new VersionRetention(keptVersions, (weights) => folder.discard(weights));
  }

  get latest(): ModelVersion {
    return this.versions.latest;
  }

  /** @param run its description */
  async start(run: Dataref, step: number, checkpoint: Checkpoint | null): Promise<void> {
    this.run = run;
    if (checkpoint) this.base = { iteration: step, state: await this.publishState(checkpoint) };
    await this.update(step, { save: false });
  }

  async learn(samples: readonly ValueExperience[], step: number): Promise<Record<string, number>> {
    const { folder } = this.options;
    const content = { iteration: step, previous: this.experience.at(-1), samples };
    this.experience.push(await folder.use((store) => putValueExperience(store, folder.path, content)));
    const { metrics } = await this.update(step, { save: false });
    return metrics;
  }

  /** Weights, moments and number of updates, as a file of a checkpoint. */
  async files(step: number): Promise<Record<string, CheckpointContent>> {
    const { folder } = this.options;
    const { state } = await this.update(step, { save: true });
    if (!state) throw new Error('value.updated has no state, although the request asked to save it');
    this.saved = { iteration: step, state };
    return {
      [VALUE_STATE_FILE]: async (write) => {
        let written = 0;
        await folder.use(async (store) => {
          let position = 0;
          for await (const chunk of await readObject(store, state)) {
            // A second try skips what the first one has written.
            const rest = chunk.subarray(Math.max(0, written - position));
            position += chunk.length;
            if (rest.length === 0) continue;
            await write(rest);
            written = position;
          }
        });
      },
    };
  }

  /** The checkpoint with the last `files` is complete: the value model can be rebuilt from it. */
  checkpointed(): void {
    const { folder } = this.options;
    const outdated = this.base?.state;
    this.base = this.saved;
    for (const experience of this.experience.splice(0)) folder.discard(experience);
    if (outdated && outdated.uri !== this.base?.state.uri) folder.discard(outdated);
  }

  private async update(iteration: number, { save }: { save: boolean }): Promise<DataOf<'value.updated'>> {
    const { runId, updates } = this.options;
    if (!this.run) throw new Error('RemoteValueModel: call start first');
    const updated = await updates.execute({
      runId,
      iteration,
      run: this.run,
      base: this.base,
      experience: this.experience.at(-1),
      save,
    });
    this.versions.add(updated.model, iteration);
    return updated;
  }

  /** Copies the value model's part of a checkpoint to the store, where the critic reads it. */
  private async publishState({ path, files }: Checkpoint): Promise<Dataref> {
    const { folder } = this.options;
    const file = files[VALUE_STATE_FILE];
    if (!file)
      throw new Error(
        `${path} has no ${VALUE_STATE_FILE}: an earlier version wrote it; start a new run instead of resuming`,
      );
    const key = `${folder.path}/value-state/${file.sha256}.safetensors`;
    return folder.use(async (store) => {
      await store.put(key, createReadStream(join(path, VALUE_STATE_FILE)));
      return datarefOf(store, key, file.sha256, file.bytes);
    });
  }
}
