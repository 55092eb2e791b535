import type { Dataref, ModelVersion } from '@open-chatgpt/events';

/** The versions of a model that work items may still name; older ones are not needed any more. */
export class VersionRetention {
  private versions: ModelVersion[] = [];

  /** @param discard is given what nobody may name any more */
  constructor(
    private readonly limit: number,
    private readonly discard: (weights: Dataref) => void,
  ) {}

  get latest(): ModelVersion {
    return this.versions[this.versions.length - 1];
  }

  add(model: ModelVersion): void {
    const others = this.versions.filter(({ version }) => version !== model.version);
    this.versions = [...others, model].slice(-this.limit);
    for (const { weights } of others.slice(0, others.length + 1 - this.versions.length))
      this.discard(weights);
  }
}
