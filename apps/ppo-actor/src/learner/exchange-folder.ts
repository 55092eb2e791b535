import { randomBytes } from 'node:crypto';
import type { Dataref } from '@open-chatgpt/events';
import { removeObject, removeObjects, removeWorkItems } from '@open-chatgpt/ppo-exchange';
import { exchangePrefix } from '@open-chatgpt/runs';
import type { Logger } from '@open-chatgpt/service';
import { type ObjectStore, retryUntilAvailable } from '@open-chatgpt/storage';

export interface ExchangeFolderOptions {
  store: ObjectStore;
  logger: Logger;
  runId: string;
  /** The run is to stop. */
  signal: AbortSignal;
}

/**
 * The objects that one learner exchanges with workers. Each learner has its own folder: one that another has replaced
 * must not remove what its successor needs.
 */
export class ExchangeFolder {
  readonly path: string;
  private outdated: Dataref[] = [];
  /** Resolves when outdated objects have been removed. */
  private removal: Promise<void> = Promise.resolve();

  constructor(private readonly options: ExchangeFolderOptions) {
    this.path = `${exchangePrefix(options.runId)}/${randomBytes(8).toString('hex')}`;
  }

  /** Removes the folders of earlier learners of the run. */
  removeEarlier(): Promise<void> {
    return this.use((store) => removeObjects(store, `${exchangePrefix(this.options.runId)}/`));
  }

  /** Waits while the store is unavailable. @param work may be called more than once */
  use<T>(work: (store: ObjectStore) => Promise<T>): Promise<T> {
    const { store, signal, logger, runId } = this.options;
    return retryUntilAvailable(
      () => work(store),
      signal,
      ({ message }) => logger.warn({ runId, message }, 'Waiting for the store'),
    );
  }

  /** Marks an object for removal by `removeOutdated`. */
  discard(reference: Dataref): void {
    this.outdated.push(reference);
  }

  /**
   * Removes discarded objects, and those of work items up to this iteration, in the background. To be called while the
   * models learn: sampling in this process keeps the thread busy.
   */
  removeOutdated(lastIteration: number): void {
    const outdated = this.outdated.splice(0);
    const remove = async () => {
      await this.use((store) => removeWorkItems(store, this.path, lastIteration));
      for (const reference of outdated) await this.use((store) => removeObject(store, reference));
    };
    // Objects that remain after an error are removed with the folder.
    this.removal = this.removal.then(remove).catch(() => undefined);
  }

  /** Removes the folder. A worker that misses an object there skips its work. */
  async remove(): Promise<void> {
    const { store, logger, runId } = this.options;
    await this.removal;
    await removeObjects(store, `${this.path}/`).catch((error: Error) => {
      logger.warn({ runId, message: error.message }, 'Cannot remove the exchanged objects of the run');
    });
  }
}
