import type { SpeculationCounts } from '@open-chatgpt/generation';
import type { InferenceConfig, ServedModelConfig } from '../config/inference-config';
import { invalidRequest, queueFull } from '../openai/openai-error';
import { checkAnswer } from './check-answer';
import { type LoadedModel, type LoadedScorer, loadModel } from './loaded-model';
import type { LocalModel } from './model-fetcher';
import { Served } from './served';

const NO_DRAFTS: SpeculationCounts = { drafts: 0, draftTokens: 0, acceptedTokens: 0 };

/**
 * A name under which a model is served, with its batch and queue. Another model may replace it at any time: a request keeps
 * the model that it started with, which is freed after its last request.
 */
export class ServedModel extends Served {
  readonly parent = null;
  private loaded: LoadedModel | LoadedScorer | null = null;
  private active = 0;
  /** When it was last asked for, in milliseconds of `performance.now()`. */
  lastUsed = 0;

  /** @param adapters whether adapters may be added */
  constructor(
    private readonly model: ServedModelConfig,
    private readonly config: InferenceConfig,
    private readonly adapters: boolean,
  ) {
    super(model.name);
  }

  get source(): ServedModelConfig['source'] {
    return this.model.source;
  }

  get weights(): LoadedModel['weights'] {
    return this.model.weights ?? this.config.inferenceWeights;
  }

  /** Whether it has requests. */
  get isBusy(): boolean {
    return this.active > 0;
  }

  get current(): LoadedModel | LoadedScorer | null {
    return this.loaded;
  }

  /** Completions that have a row of the batch, completions that wait, and the part of the batch in use. */
  get occupancy(): { running: number; waiting: number; usage: number } {
    const batch = this.config.inferenceBatchSize;
    const running = Math.min(this.active, batch);
    return { running, waiting: this.active - running, usage: running / batch };
  }

  /** Of the loaded model. */
  get speculationCounts(): Readonly<SpeculationCounts> {
    return this.loaded?.kind === 'language-model' ? this.loaded.generator.speculationCounts : NO_DRAFTS;
  }

  isCurrent({ version }: LocalModel): boolean {
    return this.loaded?.version === version;
  }

  async load(local: LocalModel): Promise<LoadedModel | LoadedScorer> {
    const model = await loadModel(local, this.model, this.config, this.adapters);
    await checkAnswer(model);
    this.loaded = model;
    return model;
  }

  unload(): void {
    this.loaded = null;
    this.setUnavailable('is asleep');
  }

  admit(count: number): () => void {
    const { inferenceBatchSize: batch, inferenceQueueSize: queue } = this.config;
    if (count > batch + queue) {
      throw invalidRequest(
        `the request needs ${count} completions; this server accepts at most ${batch + queue} at a time`,
        'n',
      );
    }
    if (this.active + count > batch + queue) throw queueFull(this.name, this.active, batch + queue);
    this.active += count;
    return () => {
      this.active -= count;
      this.lastUsed = performance.now();
    };
  }
}
