import { setTimeout } from 'node:timers/promises';
import type { Logger } from '@open-chatgpt/service';
import type { LocalModel } from './model-fetcher';
import { ModelTooLarge } from './model-memory';
import type { Served } from './served';

/** Between two attempts to load a model, in milliseconds. */
const RETRY_MS = 5000;

/** Brings a model to this machine. */
export type Fetch = () => Promise<LocalModel>;

export interface LoadListener {
  /** Whether a load that fails is tried again; otherwise the next request tries. */
  retries: boolean;
  /** Called before a model is loaded. */
  makeRoom(model: LocalModel, signal: AbortSignal): Promise<void>;
  onLoaded(): void;
  /** Called when a model is invalid. @returns the model before it; null where there is none */
  rollBack(): Promise<Fetch | null>;
  onOutcome(outcome: 'loaded' | 'failed' | 'refused'): void;
}

/** Loads the models of one served name: one at a time, the latest target first, with retries. */
export class ModelLoader {
  private target: Fetch | null = null;
  private running: Promise<void> | null = null;
  private readonly abort = new AbortController();
  /** Rejects when the first attempt to load a model fails. */
  readonly firstAttempt: Promise<void>;
  private settleFirst: (error: Error | null) => void = () => undefined;

  constructor(
    readonly served: Served,
    private readonly logger: Logger,
    private readonly listener: LoadListener,
  ) {
    this.firstAttempt = new Promise((resolve, reject) => {
      this.settleFirst = (error) => (error ? reject(error) : resolve());
    });
    this.firstAttempt.catch(() => undefined);
  }

  /** @param fetch brings the model to this machine that is to be served from now on */
  setTarget(fetch: Fetch): void {
    this.target = fetch;
    this.running ??= this.run();
  }

  /** Ends the retries. */
  stop(): void {
    this.target = null;
    this.abort.abort();
  }

  get isLoading(): boolean {
    return this.running !== null;
  }

  /** Resolves when no model is being loaded. A load that has begun is not interrupted. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.target && !this.abort.signal.aborted) {
      const fetch = this.target;
      try {
        const model = await fetch();
        if (this.abort.signal.aborted) break;
        if (!(await this.load(model))) continue;
        if (this.target === fetch) this.target = null;
        this.settleFirst(null);
        this.listener.onLoaded();
      } catch (error) {
        // A stop ends the wait for room.
        if (this.abort.signal.aborted) break;
        this.listener.onOutcome('failed');
        this.settleFirst(error as Error);
        this.report(error as Error);
        if (this.listener.retries)
          await setTimeout(RETRY_MS, undefined, { signal: this.abort.signal, ref: false }).catch(
            () => undefined,
          );
        else if (this.target === fetch) this.target = null;
      }
    }
    this.running = null;
  }

  private report(error: Error): void {
    const facts = { err: error, model: this.served.name };
    this.served.setUnavailable(`could not be loaded: ${error.message}`, !(error instanceof ModelTooLarge));
    if (this.listener.retries) this.logger.error(facts, 'The model cannot be loaded; trying again');
    else this.logger.error(facts, 'The model cannot be loaded; the next request tries again');
  }

  /** @returns false when the model is refused, and the one before is the target now */
  private async load(model: LocalModel): Promise<boolean> {
    const { name } = this.served;
    if (this.served.isCurrent(model)) return true;
    const start = performance.now();
    await this.listener.makeRoom(model, this.abort.signal);
    try {
      const { warnings } = await this.served.load(model);
      for (const warning of warnings) this.logger.warn({ model: name }, `The files of the model: ${warning}`);
    } catch (error) {
      const before = await this.listener.rollBack();
      if (!before) throw error;
      const { version } = model;
      this.logger.error(
        { err: error, model: name, version },
        'The new model is refused; the one before is served',
      );
      this.listener.onOutcome('refused');
      this.target = before;
      return false;
    }
    const seconds = Math.round(performance.now() - start) / 1000;
    this.logger.info(
      { model: name, version: model.version, path: model.path, seconds },
      'The model is loaded',
    );
    this.listener.onOutcome('loaded');
    return true;
  }
}
