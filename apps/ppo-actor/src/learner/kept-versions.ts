import type { ModelVersion } from '@open-chatgpt/events';
import { keyOf } from '@open-chatgpt/ppo-exchange';
import type { ObjectStore } from '@open-chatgpt/storage';

/** The versions of a model that work items may still name; older ones are removed from the store. */
export class KeptVersions {
  private versions: ModelVersion[] = [];

  constructor(
    private readonly store: ObjectStore,
    private readonly limit: number,
  ) {}

  get latest(): ModelVersion {
    return this.versions[this.versions.length - 1];
  }

  async add(model: ModelVersion): Promise<void> {
    this.versions = [...this.versions.filter(({ version }) => version !== model.version), model];
    while (this.versions.length > this.limit) {
      await this.store.delete(keyOf(this.store, this.versions[0].weights));
      this.versions.shift();
    }
  }
}
