import { invalidRequest, OpenAiError } from '../openai/openai-error';
import type { LoadedModel, LoadedScorer } from './loaded-model';
import type { LocalModel } from './model-fetcher';

/** What requests name: a model, or an adapter on one. */
export abstract class Served {
  private reason = 'is being loaded';
  private mayRetry = true;

  constructor(readonly name: string) {}

  /** Of an adapter, the name of its base. */
  abstract readonly parent: string | null;

  /** null until the first one is loaded. */
  abstract get current(): LoadedModel | LoadedScorer | null;

  /** Whether a load of this model would change nothing. */
  abstract isCurrent(local: LocalModel): boolean;

  /** Loads a model, then replaces the previous one: a request keeps what it started with. @throws Error when it is invalid */
  abstract load(local: LocalModel): Promise<LoadedModel | LoadedScorer>;

  /** Frees what is loaded after its last request. */
  abstract unload(): void;

  /**
   * Admits completions to the batch or its queue.
   * @returns releases them
   * @throws OpenAiError when the queue is full, or when the request exceeds batch and queue together
   */
  abstract admit(count: number): () => void;

  /** Health check. @throws Error with the reason why nothing is loaded */
  async check(): Promise<void> {
    if (!this.current) throw new Error(this.reason);
  }

  /**
   * Gives the reason why nothing is loaded. What is loaded is still served.
   * @param mayRetry whether a later request may succeed
   */
  setUnavailable(reason: string, mayRetry = true): void {
    this.reason = reason;
    this.mayRetry = mayRetry;
  }

  /** A model of any kind. @throws OpenAiError while nothing is loaded */
  requireAny(): LoadedModel | LoadedScorer {
    if (this.current) return this.current;
    throw new OpenAiError(503, 'server_error', `the model "${this.name}" ${this.reason}`, {
      code: 'model_not_ready',
      headers: this.mayRetry ? { 'retry-after': '5' } : { 'x-should-retry': 'false' },
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
}
