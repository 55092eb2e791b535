import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { DataOf } from '@open-chatgpt/events';
import { CONFIG, HealthService, LOGGER, type Logger } from '@open-chatgpt/service';
import type { InferenceConfig } from '../config/inference-config';
import { unknownModel } from '../openai/openai-error';
import { ModelAlias } from './model-alias';
import { ModelFetcher } from './model-fetcher';
import { ModelLoader } from './model-loader';
import { ServedModel } from './served-model';

/** The served models, each under its name: loads them, and replaces those of an alias when a model is published. */
@Injectable()
export class ModelsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loaders = new Map<string, ModelLoader>();
  private readonly aliases = new Map<string, ModelAlias>();
  private readonly stop = new AbortController();
  private readonly firstAttempts: Promise<void>[] = [];

  constructor(
    @Inject(CONFIG) config: InferenceConfig,
    @Inject(LOGGER) logger: Logger,
    private readonly fetcher: ModelFetcher,
    health: HealthService,
  ) {
    // A loaded model answers without them: an outage must not take all replicas out of a Service.
    health.tolerate('bus', 'store');
    for (const model of config.inferenceModels) {
      const { name } = model;
      const served = new ServedModel(model, config);
      const firstAttempt = new Promise<void>((resolve, reject) => {
        const onAttempt = (error: Error | null) => (error ? reject(error) : resolve());
        this.loaders.set(name, new ModelLoader(served, logger, this.stop.signal, onAttempt));
      });
      firstAttempt.catch(() => undefined);
      this.firstAttempts.push(firstAttempt);
      if (model.source.kind === 'latest') {
        this.aliases.set(name, new ModelAlias(fetcher.objects, name, model.source.of));
        served.setUnavailable('is not available yet: no model that it follows has been published');
      }
      health.add(`model ${name}`, () => served.check());
    }
  }

  /** The service listens while models load: it is live, and not ready. */
  async onApplicationBootstrap(): Promise<void> {
    for (const [name, loader] of this.loaders) {
      const { source } = loader.served;
      if (source.kind !== 'latest') {
        loader.setTarget(() => this.fetcher.fetch(source));
        continue;
      }
      const alias = this.aliases.get(name)!;
      await alias.restore();
      this.loadCurrent(loader, alias);
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stop.abort();
    await Promise.all([...this.loaders.values()].map((loader) => loader.idle()));
  }

  /** Resolves when every model is loaded; rejects when the first attempt to load one fails. */
  async loaded(): Promise<void> {
    await Promise.all(this.firstAttempts);
  }

  /** Points the aliases that match to a published model. Resolves when they are stored; the model loads later. */
  async apply(model: DataOf<'model.published'>): Promise<void> {
    for (const [name, alias] of this.aliases) {
      if (await alias.update(model)) this.loadCurrent(this.loaders.get(name)!, alias);
    }
  }

  /** @throws OpenAiError when no model has this name */
  get(name: string): ServedModel {
    const loader = this.loaders.get(name);
    if (!loader) throw unknownModel(name, [...this.loaders.keys()]);
    return loader.served;
  }

  all(): ServedModel[] {
    return [...this.loaders.values()].map(({ served }) => served);
  }

  private loadCurrent(loader: ModelLoader, { current }: ModelAlias): void {
    if (current) loader.setTarget(() => this.fetcher.fetchManifest(current.model.manifest));
  }
}
