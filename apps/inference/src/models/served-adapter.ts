import type { ServedAdapterConfig } from '../config/inference-config';
import { checkAnswer } from './check-answer';
import { loadAdapter } from './loaded-adapter';
import type { LoadedModel, LoadedScorer } from './loaded-model';
import type { LocalModel } from './model-fetcher';
import { Served } from './served';
import type { ServedModel } from './served-model';

/** A name under which an adapter is served, in the batch of its base. */
export class ServedAdapter extends Served {
  private loaded: { model: LoadedModel; on: LoadedModel } | null = null;

  constructor(
    private readonly adapter: ServedAdapterConfig,
    readonly base: ServedModel,
  ) {
    super(adapter.name);
    this.setUnavailable(`waits for its base "${base.name}"`);
  }

  get parent(): string {
    return this.base.name;
  }

  get source(): ServedAdapterConfig['source'] {
    return this.adapter.source;
  }

  get current(): LoadedModel | null {
    return this.loaded?.model ?? null;
  }

  /** An adapter on another base is another model. */
  isCurrent({ version }: LocalModel): boolean {
    return this.loaded?.model.version === version && this.loaded.on === this.base.current;
  }

  async load(local: LocalModel): Promise<LoadedModel | LoadedScorer> {
    const on = this.base.requireLoaded();
    const model = await loadAdapter(on, local, this.adapter);
    await checkAnswer(model);
    this.loaded = { model, on };
    return model;
  }

  unload(): void {
    this.loaded = null;
    this.setUnavailable(`waits for its base "${this.base.name}"`);
  }

  admit(count: number): () => void {
    return this.base.admit(count);
  }
}
