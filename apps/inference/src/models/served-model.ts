import type { InferenceConfig, ServedModelConfig } from '../config/inference-config';
import { invalidRequest, OpenAiError, queueFull } from '../openai/openai-error';
import { type LoadedModel, type LoadedScorer, loadModel } from './loaded-model';
import type { LocalModel } from './model-fetcher';

/**
 * A name under which a model is served. Another model may replace it at any time: a request keeps the model that it
 * started with, which is freed after its last request.
 */
export class ServedModel {
  readonly name: string;
  private loaded: LoadedModel | LoadedScorer | null = null;
  private reason = 'is being loaded';
  private active = 0;

  constructor(
    private readonly model: ServedModelConfig,
    private readonly config: InferenceConfig,
  ) {
    this.name = model.name;
  }

  get source(): ServedModelConfig['source'] {
    return this.model.source;
  }

  /** null until the first model is loaded. */
  get current(): LoadedModel | LoadedScorer | null {
    return this.loaded;
  }

  /** Completions that have a row of the batch, completions that wait, and the part of the batch in use. */
  get occupancy(): { running: number; waiting: number; usage: number } {
    const batch = this.config.inferenceBatchSize;
    const running = Math.min(this.active, batch);
    return { running, waiting: this.active - running, usage: running / batch };
  }

  /** Health check. @throws Error with the reason why no model is loaded */
  async check(): Promise<void> {
    if (!this.loaded) throw new Error(this.reason);
  }

  /** Gives the reason why no model is loaded. A loaded model is still served. */
  setUnavailable(reason: string): void {
    this.reason = reason;
  }

  /** Loads a model, then replaces the previous one. */
  async load(local: LocalModel): Promise<LoadedModel | LoadedScorer> {
    this.loaded = await loadModel(local, this.model, this.config);
    return this.loaded;
  }

  /** A model of any kind. @throws OpenAiError while nothing is loaded */
  requireAny(): LoadedModel | LoadedScorer {
    if (this.loaded) return this.loaded;
    throw new OpenAiError(503, 'server_error', `the model "${this.name}" ${this.reason}`, {
      code: 'model_not_ready',
      headers: { 'retry-after': '5' },
    });
  }

  /** @throws OpenAiError while nothing is loaded, and for a reward model: without its scalar head it would give arbitrary text */
  requireLoaded(): LoadedModel {
    const model = this.requireAny();
    if (model.kind === 'language-model') return model;
    throw invalidRequest(
      `the model "${this.name}" is a reward model: it scores answers and generates no text; use /v1/score`,
      'model',
    );
  }

  /** @throws OpenAiError while nothing is loaded, and for a language model */
  requireScorer(): LoadedScorer {
    const model = this.requireAny();
    if (model.kind === 'reward-model') return model;
    throw invalidRequest(
      `the model "${this.name}" is a language model and gives no scores; name a reward model`,
      'model',
    );
  }

  /**
   * Admits completions to the batch or its queue.
   * @returns releases them
   * @throws OpenAiError when the queue is full, or when the request exceeds batch and queue together
   */
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
    };
  }
}
