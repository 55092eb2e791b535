import { setTimeout } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { DataOf } from '@open-chatgpt/events';
import { CONFIG, HealthService, LOGGER, type Logger, MetricsService } from '@open-chatgpt/service';
import type { Counter } from 'prom-client';
import { baseOf } from '../config/adapter-base';
import type { InferenceConfig, ServedAdapterConfig } from '../config/inference-config';
import type { FixedSource } from '../config/model-source';
import { invalidRequest, unknownModel } from '../openai/openai-error';
import { ModelAlias } from './model-alias';
import { ModelFetcher } from './model-fetcher';
import { type Fetch, ModelLoader } from './model-loader';
import { ModelMemory } from './model-memory';
import type { Served } from './served';
import { ServedAdapter } from './served-adapter';
import { ServedModel } from './served-model';

/** Between two looks at which models the names stand for in the store. */
const FOLLOW_MS = 10_000;

/** Between two looks for models whose time without requests is over. */
const WATCH_MS = 250;

/** More would take memory without end. */
const MOST_ADAPTERS = 64;

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
  private readonly loads: Counter<'model_name' | 'outcome'>;
  private following: NodeJS.Timeout | undefined;
  private watching: NodeJS.Timeout | undefined;
  private readonly memory: ModelMemory;
  /** Names of adapters that are being added. */
  private readonly adding = new Set<string>();

  /** @throws Error for an adapter of an unknown base */
  constructor(
    @Inject(CONFIG) private readonly config: InferenceConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly fetcher: ModelFetcher,
    private readonly health: HealthService,
    metrics: MetricsService,
  ) {
    const unloads = metrics.counter(
      'inference_model_unloads_total',
      'Models that were unloaded, by reason: idle (no requests for a time) or memory (another one needed it).',
      ['model_name', 'reason'],
    );
    this.memory = new ModelMemory(config, (served, reason) => {
      unloads.inc({ model_name: served.name, reason });
      logger.info({ model: served.name, reason }, 'The model is unloaded');
      for (const adapter of this.adaptersOn(served)) adapter.served.unload();
    });
    this.loads = metrics.counter(
      'inference_model_loads_total',
      'Loads of models by outcome: loaded, failed, or refused for the model before.',
      ['model_name', 'outcome'],
    );
    // A loaded model answers without them: an outage must not take all replicas out of a Service.
    health.tolerate('bus', 'store');
    const { inferenceModels: models, inferenceAdapters: adapters } = config;
    const bases = adapters.map((adapter) => baseOf(adapter, config));
    const takesAny = config.inferenceAdaptersFrom.length > 0;
    for (const model of models)
      this.register(this.entryOf(new ServedModel(model, config, takesAny || bases.includes(model.name))));
    for (const [i, adapter] of adapters.entries())
      this.register(this.entryOf(new ServedAdapter(adapter, this.baseModel(bases[i]))));
  }

  /** The service listens while models load: it is live, and not ready. */
  async onApplicationBootstrap(): Promise<void> {
    for (const { alias } of this.entries.values()) await alias?.restore();
    if (!this.memory.onDemand) for (const entry of this.entries.values()) this.loadCurrent(entry);
    this.following = setInterval(() => void this.follow(), FOLLOW_MS).unref();
    this.watching = setInterval(() => this.memory.unloadIdle(), WATCH_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.following);
    clearInterval(this.watching);
    const loaders = [...this.entries.values()].map(({ loader }) => loader);
    for (const loader of loaders) loader.stop();
    await Promise.all(loaders.map((loader) => loader.idle()));
  }

  /** Resolves when every model is loaded, or waits for its first request; rejects when the first attempt to load one fails. */
  async loaded(): Promise<void> {
    if (this.memory.onDemand) return;
    await Promise.all([...this.entries.values()].map(({ loader }) => loader.firstAttempt));
  }

  /** Points the aliases that match to a published model. Resolves when they are stored; the model loads later. */
  async apply(model: DataOf<'model.published'>): Promise<void> {
    for (const entry of this.entries.values()) if (await entry.alias?.update(model)) this.reload(entry);
  }

  /**
   * Points a name that follows a pipeline to the model before, which is loaded later.
   * @returns the manifest of that model
   * @throws OpenAiError when there is none
   */
  async rollBack(name: string): Promise<string> {
    const entry = this.entries.get(name);
    if (!entry) throw unknownModel(name, [...this.entries.keys()]);
    const refused = entry.served.current?.version;
    if (!(await entry.alias?.rollBack()))
      throw invalidRequest(`"${name}" follows no pipeline, or has no model before the current one`, 'model');
    this.logger.warn({ model: name, refused }, 'The model before is put back');
    this.reload(entry);
    return entry.alias!.current!.model.manifest.sha256;
  }

  /**
   * A name that is loaded, or cannot be. On demand, the request waits until it is.
   * @param deadline ends the wait
   * @throws OpenAiError when no model has this name, or too many requests wait for it; the reason of the deadline
   */
  async ready(name: string, deadline?: AbortSignal): Promise<Served> {
    const served = this.get(name);
    await this.awaken(this.entries.get(name)!, deadline);
    return served;
  }

  /** Whether models are loaded by their first request. */
  get onDemand(): boolean {
    return this.memory.onDemand;
  }

  /** `asleep` is loaded by its first request. */
  stateOf({ name, current }: Served): 'loaded' | 'loading' | 'asleep' {
    if (current) return 'loaded';
    return this.memory.onDemand && !this.entries.get(name)?.loader.isLoading ? 'asleep' : 'loading';
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

  /**
   * Adds an adapter and loads it, for this process only.
   * @throws OpenAiError when the name is taken, or the adapter cannot be loaded; then nothing is added
   */
  async addAdapter(adapter: ServedAdapterConfig & { source: FixedSource }): Promise<void> {
    const { name, source } = adapter;
    const refuse = (problem: string) => invalidRequest(`the adapter "${name}" ${problem}`, 'lora_name');
    if (this.entries.has(name) || this.adding.has(name)) throw refuse('is loaded already; unload it first');
    const adapters = this.all().filter((served) => served instanceof ServedAdapter);
    if (adapters.length + this.adding.size >= MOST_ADAPTERS)
      throw refuse(`is one too many: this server has ${MOST_ADAPTERS}`);
    const served = this.adapterOf(adapter);
    await this.awaken(this.entries.get(served.base.name)!);
    served.base.requireLoaded();
    const entry = this.entryOf(served);
    this.adding.add(name);
    try {
      await served.load(await this.fetcher.fetch(source));
    } catch (error) {
      throw refuse(`cannot be loaded: ${(error as Error).message}`);
    } finally {
      this.adding.delete(name);
    }
    this.register(entry);
    this.logger.info({ model: name, base: served.base.name }, 'The adapter is added');
  }

  /** Removes an adapter. Requests that began with it finish. @throws OpenAiError when no adapter has this name */
  removeAdapter(name: string): void {
    const entry = this.entries.get(name);
    if (!entry) throw unknownModel(name, [...this.entries.keys()]);
    if (entry.served instanceof ServedModel)
      throw invalidRequest(`"${name}" is a model and no adapter`, 'lora_name');
    entry.loader.stop();
    this.entries.delete(name);
    this.health.remove(`model ${name}`);
    this.logger.info({ model: name }, 'The adapter is removed');
  }

  /** @throws OpenAiError when its base is unknown */
  private adapterOf(adapter: ServedAdapterConfig): ServedAdapter {
    try {
      return new ServedAdapter(adapter, this.baseModel(baseOf(adapter, this.config)));
    } catch (error) {
      throw invalidRequest((error as Error).message, 'base_model_name');
    }
  }

  private baseModel(name: string): ServedModel {
    return this.entries.get(name)?.served as ServedModel;
  }

  private entryOf(served: ServedModel | ServedAdapter): Entry {
    const { name, source } = served;
    const alias = source.kind === 'latest' ? new ModelAlias(this.fetcher.objects, name, source.of) : null;
    const loader = new ModelLoader(served, this.logger, {
      retries: !this.memory.onDemand,
      makeRoom: async ({ path }, signal) => {
        if (served instanceof ServedModel) await this.memory.makeRoom(served, path, signal);
      },
      onLoaded: () => this.loadAdaptersOf(served),
      rollBack: async () => ((await alias?.rollBack()) ? this.currentOf(served, alias) : null),
      onOutcome: (outcome) => {
        this.loads.inc({ model_name: name, outcome });
        if (served instanceof ServedModel && !served.current) this.memory.release(served);
      },
    });
    if (alias) served.setUnavailable('is not available yet: no model that it follows has been published');
    return { served, loader, alias };
  }

  private register(entry: Entry): void {
    const { served } = entry;
    this.entries.set(served.name, entry);
    // A model that is asleep is no fault.
    if (!this.memory.onDemand) this.health.add(`model ${served.name}`, () => served.check());
  }

  /** On demand, loads a model, or an adapter after its base, within the time that a request waits. */
  private async awaken(entry: Entry, deadline?: AbortSignal): Promise<void> {
    if (!this.memory.onDemand) return;
    const { served } = entry;
    const base = served instanceof ServedAdapter ? this.entries.get(served.base.name)! : entry;
    (base.served as ServedModel).lastUsed = performance.now();
    if (served.current) return;
    const load = async () => {
      for (const one of new Set([base, entry])) {
        if (!one.served.current && !one.loader.isLoading) this.loadCurrent(one);
        await one.loader.idle();
      }
      return false;
    };
    const { inferenceLoadSeconds: seconds } = this.config;
    const release = served.admit(1);
    const late = setTimeout(seconds * 1000, true, { ref: false, signal: deadline });
    const isLate = await Promise.race([load(), late])
      .catch((error) => {
        throw deadline?.reason ?? error;
      })
      .finally(release);
    if (isLate && !served.current)
      served.setUnavailable(`is being loaded, which takes longer than ${seconds} s; try again`);
  }

  /** Loads what a name stands for now, unless its next request does. */
  private reload(entry: Entry): void {
    if (!this.memory.onDemand || entry.served.current) this.loadCurrent(entry);
  }

  /** Another replica may have put back a model. An outage of the store changes nothing. */
  private async follow(): Promise<void> {
    for (const entry of this.entries.values()) {
      const before = entry.alias?.current?.model.manifest.sha256;
      await entry.alias?.restore().catch(() => undefined);
      if (entry.alias?.current?.model.manifest.sha256 !== before) this.reload(entry);
    }
  }

  /** Loads what a name stands for now; an adapter only after its base. */
  private loadCurrent(entry: Entry): void {
    const { served, loader } = entry;
    if (served instanceof ServedAdapter && !served.base.current) return;
    const fetch = this.currentOf(served, entry.alias);
    if (fetch) loader.setTarget(fetch);
  }

  /** Fetches what a name stands for; null while nothing that it follows has been published. */
  private currentOf({ source }: Entry['served'], alias: ModelAlias | null): Fetch | null {
    if (source.kind !== 'latest') return () => this.fetcher.fetch(source);
    const manifest = alias?.current?.model.manifest;
    return manifest ? () => this.fetcher.fetchManifest(manifest) : null;
  }

  /** When a base is replaced, its adapters are loaded again, and answer with the base before until then. */
  private loadAdaptersOf(base: Served): void {
    for (const entry of this.adaptersOn(base)) this.loadCurrent(entry);
  }

  private adaptersOn(base: Served): Entry[] {
    return [...this.entries.values()].filter(
      ({ served }) => served instanceof ServedAdapter && served.base === base,
    );
  }
}
