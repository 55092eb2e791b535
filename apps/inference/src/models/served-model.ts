import { type GeneratorOptions, openTextModel, type TextModel } from '@open-chatgpt/generation';
import { chatTemplate } from '@open-chatgpt/tokenizer';
import { TokenTexts } from '../answering/token-texts';
import type { InferenceConfig, ServedModelConfig } from '../config/inference-config';
import { busy, invalid, OpenAiError } from '../openai/openai-error';
import type { LocatedModel } from './model-locator';

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
 * A name under which a model is served. Another model may take its place at any time: a request keeps the one that it began
 * with, which leaves memory with the last of them.
 */
export class ServedModel {
  readonly name: string;
  private loaded: LoadedModel | null = null;
  private problem = 'is being loaded';
  private inHand = 0;

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

  /** Answers that have a row of the batch, those that wait, and the part of the batch that is in use. */
  get occupancy(): { running: number; waiting: number; usage: number } {
    const batch = this.config.inferenceBatchSize;
    const running = Math.min(this.inHand, batch);
    return { running, waiting: this.inHand - running, usage: running / batch };
  }

  /** @throws Error with what is missing */
  async check(): Promise<void> {
    if (!this.loaded) throw new Error(this.problem);
  }

  /** Says why there is no model yet; one that is served goes on. */
  fail(problem: string): void {
    this.problem = problem;
  }

  /** Loads a model, and only then serves it in place of the one before. */
  async load({ path, version }: LocatedModel): Promise<LoadedModel> {
    const { name, template, weights = this.config.inferenceWeights } = this.model;
    const { inferenceBatchSize: batchSize, inferenceMaxLength = Number.POSITIVE_INFINITY } = this.config;
    const text = await openTextModel(path, {
      weights,
      batchSize,
      // A model without a template of its own can still continue text.
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
  use(): LoadedModel {
    if (this.loaded) return this.loaded;
    throw new OpenAiError(503, 'server_error', `the model "${this.name}" ${this.problem}`, {
      code: 'model_not_ready',
      headers: { 'retry-after': '5' },
    });
  }

  /**
   * Takes so many answers in. @returns gives their places back
   * @throws OpenAiError when the queue is full, or could never hold so many
   */
  admit(count: number): () => void {
    const { inferenceBatchSize: batch, inferenceQueueSize: queue } = this.config;
    if (count > batch + queue) {
      throw invalid(`${count} answers are asked for, this server takes ${batch + queue} at a time`, 'n');
    }
    if (this.inHand + count > batch + queue) throw busy(this.name, this.inHand, batch + queue);
    this.inHand += count;
    return () => {
      this.inHand -= count;
    };
  }
}
