import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { DataOf } from '@open-chatgpt/events';
import { CONFIG, HealthService, LOGGER, type Logger } from '@open-chatgpt/service';
import { baseOf } from '../config/adapter-base';
import type { InferenceConfig } from '../config/inference-config';
import { unknownModel } from '../openai/openai-error';
import { ModelAlias } from './model-alias';
import { ModelFetcher } from './model-fetcher';
import { ModelLoader } from './model-loader';
import type { Served } from './served';
import { ServedAdapter } from './served-adapter';
import { ServedModel } from './served-model';

/** A name, and what loads it. */
interface Entry {
  served: ServedModel | ServedAdapter;
  loader: ModelLoader;
  /** Of a name that follows what is published. */
  alias: ModelAlias | null;
}

/** The served models and adapters, each under its name: loads them, and replaces those of an alias when a model is published. */
@Injectable()
export class ModelsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly entries = new Map<string, Entry>();
  private readonly stop = new AbortController();
  private readonly firstAttempts: Promise<void>[] = [];

  /** @throws Error for an adapter of an unknown base */
  constructor(
    @Inject(CONFIG) config: InferenceConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly fetcher: ModelFetcher,
    private readonly health: HealthService,
  ) {
    // A loaded model answers without them: an outage must not take all replicas out of a Service.
    health.tolerate('bus', 'store');
    const { inferenceModels: models, inferenceAdapters: adapters } = config;
    const bases = adapters.map((adapter) => baseOf(adapter, config));
    for (const model of models) this.add(new ServedModel(model, config, bases.includes(model.name)));
    for (const [i, adapter] of adapters.entries())
      this.add(new ServedAdapter(adapter, this.get(bases[i]) as ServedModel));
  }

  /** The service listens while models load: it is live, and not ready. */
  async onApplicationBootstrap(): Promise<void> {
    for (const { alias } of this.entries.values()) await alias?.restore();
    for (const entry of this.entries.values()) this.loadCurrent(entry);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stop.abort();
    await Promise.all([...this.entries.values()].map(({ loader }) => loader.idle()));
  }

  /** Resolves when every model is loaded; rejects when the first attempt to load one fails. */
  async loaded(): Promise<void> {
    await Promise.all(this.firstAttempts);
  }

  /** Points the aliases that match to a published model. Resolves when they are stored; the model loads later. */
  async apply(model: DataOf<'model.published'>): Promise<void> {
    for (const entry of this.entries.values()) if (await entry.alias?.update(model)) this.loadCurrent(entry);
  }

  /** @throws OpenAiError when no model has this name */
  get(name: string): Served {
    const entry = this.entries.get(name);
    if (!entry) throw unknownModel(name, [...this.entries.keys()]);
    return entry.served;
  }

  all(): (ServedModel | ServedAdapter)[] {
    return [...this.entries.values()].map(({ served }) => served);
  }

  private add(served: ServedModel | ServedAdapter): void {
    const { name, source } = served;
    const firstAttempt = new Promise<void>((resolve, reject) => {
      const onAttempt = (error: Error | null) => {
        if (error) return reject(error);
        resolve();
        this.loadAdaptersOf(served);
      };
      const loader = new ModelLoader(served, this.logger, this.stop.signal, onAttempt);
      const alias = source.kind === 'latest' ? new ModelAlias(this.fetcher.objects, name, source.of) : null;
      this.entries.set(name, { served, loader, alias });
    });
    firstAttempt.catch(() => undefined);
    this.firstAttempts.push(firstAttempt);
    if (source.kind === 'latest')
      served.setUnavailable('is not available yet: no model that it follows has been published');
    this.health.add(`model ${name}`, () => served.check());
  }

  /** Loads what a name stands for now; an adapter only after its base. */
  private loadCurrent({ served, loader, alias }: Entry): void {
    const { source } = served;
    if (served instanceof ServedAdapter && !served.base.current) return;
    if (source.kind !== 'latest') loader.setTarget(() => this.fetcher.fetch(source));
    else if (alias?.current) {
      const { manifest } = alias.current.model;
      loader.setTarget(() => this.fetcher.fetchManifest(manifest));
    }
  }

  /** When a base is replaced, its adapters are loaded again, and answer with the base before until then. */
  private loadAdaptersOf(base: Served): void {
    for (const entry of this.entries.values())
      if (entry.served instanceof ServedAdapter && entry.served.base === base) this.loadCurrent(entry);
  }
}
