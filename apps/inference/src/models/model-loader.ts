import { setTimeout } from 'node:timers/promises';
import type { Logger } from '@open-chatgpt/service';
import type { LocalModel } from './model-fetcher';
import type { Served } from './served';

/** Between two attempts to load a model, in milliseconds. */
const RETRY_MS = 5000;

/** Loads the models of one served name: one at a time, the latest target first, with retries. */
export class ModelLoader {
  private target: (() => Promise<LocalModel>) | null = null;
  private running: Promise<void> | null = null;
  private readonly abort = new AbortController();
  /** Rejects when the first attempt to load a model fails. */
  readonly firstAttempt: Promise<void>;
  private settleFirst: (error: Error | null) => void = () => undefined;

  constructor(
    readonly served: Served,
    private readonly logger: Logger,
    private readonly onLoaded: () => void,
  ) {
    this.firstAttempt = new Promise((resolve, reject) => {
      this.settleFirst = (error) => (error ? reject(error) : resolve());
    });
    this.firstAttempt.catch(() => undefined);
  }

  /** @param fetch brings the model to this machine that is to be served from now on */
  setTarget(fetch: () => Promise<LocalModel>): void {
    this.target = fetch;
    this.running ??= this.run();
  }

  /** Ends the retries. */
  stop(): void {
    this.target = null;
    this.abort.abort();
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
        await this.load(model);
        if (this.target === fetch) this.target = null;
        this.settleFirst(null);
        this.onLoaded();
      } catch (error) {
        this.served.setUnavailable(`could not be loaded: ${(error as Error).message}`);
        this.logger.error(
          { err: error, model: this.served.name },
          'The model cannot be loaded; trying again',
        );
        this.settleFirst(error as Error);
        await setTimeout(RETRY_MS, undefined, { signal: this.abort.signal, ref: false }).catch(
          () => undefined,
        );
      }
    }
    this.running = null;
  }

  private async load(model: LocalModel): Promise<void> {
    const { name } = this.served;
    if (this.served.isCurrent(model)) return;
    const start = performance.now();
    const { warnings } = await this.served.load(model);
    for (const warning of warnings) this.logger.warn({ model: name }, `The files of the model: ${warning}`);
    const seconds = Math.round(performance.now() - start) / 1000;
    this.logger.info(
      { model: name, version: model.version, path: model.path, seconds },
      'The model is loaded',
    );
  }
}
