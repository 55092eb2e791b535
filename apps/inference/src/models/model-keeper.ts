import { setTimeout } from 'node:timers/promises';
import type { Logger } from '@open-chatgpt/service';
import type { LocatedModel } from './model-locator';
import type { ServedModel } from './served-model';

/** Between tries to load a model: the store may be away. */
const RETRY_MS = 5000;

/** Brings a served model up to what it should be: one load at a time, the newest wish first, again where it fails. */
export class ModelKeeper {
  private wanted: (() => Promise<LocatedModel>) | null = null;
  private running = false;

  constructor(
    readonly served: ServedModel,
    private readonly logger: Logger,
    /** Ends the tries. */
    private readonly signal: AbortSignal,
    private readonly tried: (error: Error | null) => void,
  ) {}

  /** @param locate where the model lies that should be served from now on */
  want(locate: () => Promise<LocatedModel>): void {
    this.wanted = locate;
    if (this.running) return;
    this.running = true;
    void this.run();
  }

  private async run(): Promise<void> {
    while (this.wanted && !this.signal.aborted) {
      const locate = this.wanted;
      try {
        await this.load(await locate());
        if (this.wanted === locate) this.wanted = null;
        this.tried(null);
      } catch (error) {
        this.served.fail(`could not be loaded: ${(error as Error).message}`);
        this.logger.error({ err: error, model: this.served.name }, 'cannot load a model; trying again');
        this.tried(error as Error);
        await setTimeout(RETRY_MS, undefined, { signal: this.signal, ref: false }).catch(() => undefined);
      }
    }
    this.running = false;
  }

  private async load(located: LocatedModel): Promise<void> {
    const { name, current } = this.served;
    if (current?.version === located.version) return;
    const start = performance.now();
    await this.served.load(located);
    const seconds = Math.round(performance.now() - start) / 1000;
    this.logger.info(
      { model: name, version: located.version, path: located.path, seconds },
      'model is served',
    );
  }
}
