import { type GeneratorOptions, openTextModel, type TextModel } from '@open-chatgpt/generation';
import { chatTemplate } from '@open-chatgpt/tokenizer';
import type { InferenceConfig, ServedModelConfig } from '../config/inference-config';
import { TokenTexts } from '../generation/token-texts';
import { invalidRequest, OpenAiError, queueFull } from '../openai/openai-error';
import type { LocalModel } from './model-fetcher';

/** A model in memory. */
export interface LoadedModel extends TextModel {
  name: string;
  version: string;
  /** Seconds since 1970. */
  created: number;
  weights: NonNullable<GeneratorOptions['weights']>;
  tokenTexts: TokenTexts;
}

/**
 * A name under which a model is served. Another model may replace it at any time: a request keeps the model that it
 * started with, which is freed after its last request.
 */
export class ServedModel {
  readonly name: string;
  private loaded: LoadedModel | null = null;
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
  get current(): LoadedModel | null {
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
  async load({ path, version, sampling }: LocalModel): Promise<LoadedModel> {
    const { name, template, weights = this.config.inferenceWeights } = this.model;
    const { inferenceBatchSize: batchSize, inferenceMaxLength = Number.POSITIVE_INFINITY } = this.config;
    const text = await openTextModel(path, {
      weights,
      batchSize,
      sampling,
      // A model without a chat template can still continue text.
      template: (tokenizer) =>
        template === 'model' && tokenizer.chatTemplate === null ? null : chatTemplate(template, tokenizer),
    });
    const maxLength = Math.min(text.maxLength, inferenceMaxLength);
    const created = Math.floor(Date.now() / 1000);
    const tokenTexts = new TokenTexts(text.tokenizer);
    this.loaded = { ...text, maxLength, name, version, created, weights, tokenTexts };
    return this.loaded;
  }

  /** @throws OpenAiError while nothing is loaded */
  requireLoaded(): LoadedModel {
    if (this.loaded) return this.loaded;
    throw new OpenAiError(503, 'server_error', `the model "${this.name}" ${this.reason}`, {
      code: 'model_not_ready',
      headers: { 'retry-after': '5' },
    });
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
