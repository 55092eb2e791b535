import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { DataOf, Dataref, ModelVersion } from '@open-chatgpt/events';
import { datarefOf, putExperience, readObject } from '@open-chatgpt/ppo-exchange';
import type { ObjectStore } from '@open-chatgpt/storage';
import {
  type Checkpoint,
  type CheckpointContent,
  VALUE_STATE_FILE,
  type ValueExperience,
} from '@open-chatgpt/training';
import type { PendingValueUpdate } from './pending-value-update';
import { VersionRetention } from './version-retention';

export interface RemoteValueModelOptions {
  store: ObjectStore;
  runId: string;
  /** Of the learner, in the store. */
  folder: string;
  requests: PendingValueUpdate;
  /** Versions that work items may still name. */
  keptVersions: number;
  /** Does what the store takes part in, and waits while it is away. */
  retryUntilAvailable: <T>(work: () => Promise<T>) => Promise<T>;
  /** Removes from the store what nobody needs any more; nobody waits for that. */
  discard: (reference: Dataref) => void;
}

/**
 * The value model, which the learner of the critic trains. Here it is decided what that learns from: the experience of each
 * iteration, which names that of the one before, back to the last checkpoint.
 */
export class RemoteValueModel {
  private readonly versions: VersionRetention;
  private readonly steps = new Map<string, number>();
  private run?: Dataref;
  /** The state in the last checkpoint, and the experience since. */
  private base?: { iteration: number; state: Dataref };
  private saved?: { iteration: number; state: Dataref };
  private experience: Dataref[] = [];

  constructor(private readonly options: RemoteValueModelOptions) {
    this.versions = new VersionRetention(options.keptVersions, options.discard);
  }

  get latest(): ModelVersion {
    return this.versions.latest;
  }

  /** The iteration after which the model was of this version; undefined when it never was. */
  stepOf(version: string): number | undefined {
    return this.steps.get(version);
  }

  /** @param run its description */
  async start(run: Dataref, step: number, checkpoint: Checkpoint | null): Promise<void> {
    this.run = run;
    if (checkpoint) this.base = { iteration: step, state: await this.publishState(checkpoint) };
    await this.ask(step, { save: false });
  }

  async learn(experience: readonly ValueExperience[], step: number): Promise<Record<string, number>> {
    const { store, folder, retryUntilAvailable } = this.options;
    const content = { iteration: step, previous: this.experience.at(-1), samples: [...experience] };
    this.experience.push(await retryUntilAvailable(() => putExperience(store, folder, content)));
    const { metrics = {} } = await this.ask(step, { save: false });
    return metrics;
  }

  /** Weights, moments and number of updates, as a file of a checkpoint. */
  async files(step: number): Promise<Record<string, CheckpointContent>> {
    const { store, retryUntilAvailable } = this.options;
    const { state } = await this.ask(step, { save: true });
    if (!state) throw new Error('the critic has answered without the state that it was asked for');
    this.saved = { iteration: step, state };
    return {
      [VALUE_STATE_FILE]: async (write) => {
        let written = 0;
        await retryUntilAvailable(async () => {
          let at = 0;
          for await (const chunk of await readObject(store, state)) {
            // Where the store went away in the middle, what was written already is passed over.
            const rest = chunk.subarray(Math.max(0, written - at));
            at += chunk.length;
            if (rest.length === 0) continue;
            await write(rest);
            written = at;
          }
        });
      },
    };
  }

  /** What `files` gave last is safe: from now on it is what the value model can be rebuilt from. */
  checkpointed(): void {
    const { discard } = this.options;
    const outdated = this.base?.state;
    this.base = this.saved;
    for (const experience of this.experience.splice(0)) discard(experience);
    if (outdated && outdated.uri !== this.base?.state.uri) discard(outdated);
  }

  private async ask(iteration: number, { save }: { save: boolean }): Promise<DataOf<'value.updated'>> {
    const { runId, requests } = this.options;
    if (!this.run) throw new Error('the run has not been started');
    const updated = await requests.ask({
      runId,
      iteration,
      run: this.run,
      base: this.base,
      experience: this.experience.at(-1),
      save,
    });
    this.steps.set(updated.model.version, iteration);
    this.versions.add(updated.model);
    return updated;
  }

  /** The value model's part of a checkpoint, to where the critic finds it. */
  private async publishState({ path, files }: Checkpoint): Promise<Dataref> {
    const { store, folder, retryUntilAvailable } = this.options;
    const file = files[VALUE_STATE_FILE];
    if (!file)
      throw new Error(
        `${path} has no ${VALUE_STATE_FILE}: it is of an earlier version; start a new run instead of resuming`,
      );
    const key = `${folder}/value-state/${file.sha256}.safetensors`;
    await retryUntilAvailable(() => store.put(key, createReadStream(join(path, VALUE_STATE_FILE))));
    return datarefOf(store, key, file.sha256, file.bytes);
  }
}
