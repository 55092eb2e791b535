import type { Dataref, ModelVersion } from '@open-chatgpt/events';

interface Kept {
  model: ModelVersion;
  /** The last step after which the model had this version. */
  step: number;
}

/** Keeps the last versions of a model, which work items may name, and discards older ones. */
export class VersionRetention {
  private versions: Kept[] = [];

  /** @param limit number of versions kept @param discard receives the weights of each older version */
  constructor(
    private readonly limit: number,
    private readonly discard: (weights: Dataref) => void,
  ) {}

  get latest(): ModelVersion {
    return this.versions[this.versions.length - 1].model;
  }

  add(model: ModelVersion, step: number): void {
    const others = this.versions.filter((kept) => kept.model.version !== model.version);
    this.versions = [...others, { model, step }].slice(-this.limit);
    for (const outdated of others.slice(0, others.length + 1 - this.versions.length))
      this.discard(outdated.model.weights);
  }

  /** Steps from the one after which the model had this version to `step`; infinite for a version that is not kept. */
  ageAt(step: number, version: string): number {
    const found = this.versions.find(({ model }) => model.version === version);
    return found ? step - found.step : Number.POSITIVE_INFINITY;
  }
}
