import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CONFIG, HealthService, LOGGER, type Logger } from '@open-chatgpt/service';
import type { InferenceConfig } from '../config/inference-config';
import { unknownModel } from '../openai/openai-error';
import { LatestModel, type PublishedModel } from './latest-model';
import { ModelKeeper } from './model-keeper';
import { ModelLocator } from './model-locator';
import { ServedModel } from './served-model';

/** The models that are served, each under its name: loads them, and follows those that are published. */
@Injectable()
export class ModelsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly keepers = new Map<string, ModelKeeper>();
  private readonly followed = new Map<string, LatestModel>();
  private readonly stop = new AbortController();
  private readonly firstTries: Promise<void>[] = [];

  constructor(
    @Inject(CONFIG) config: InferenceConfig,
    @Inject(LOGGER) logger: Logger,
    private readonly locator: ModelLocator,
    health: HealthService,
  ) {
    for (const model of config.inferenceModels) {
      const { name } = model;
      const served = new ServedModel(model, config);
      const firstTry = new Promise<void>((resolve, reject) => {
        const tried = (error: Error | null) => (error ? reject(error) : resolve());
        this.keepers.set(name, new ModelKeeper(served, logger, this.stop.signal, tried));
      });
      firstTry.catch(() => undefined);
      this.firstTries.push(firstTry);
      if (model.source.kind === 'latest') {
        this.followed.set(name, new LatestModel(locator.objects, name, model.source.of));
        served.fail('is not there yet: nothing was published that it follows');
      }
      health.add(`model ${name}`, () => served.check());
    }
  }

  /** Loading goes on while the service already listens: it is alive, and not ready. */
  async onApplicationBootstrap(): Promise<void> {
    for (const [name, keeper] of this.keepers) {
      const { source } = keeper.served;
      if (source.kind !== 'latest') {
        keeper.want(() => this.locator.locate(source));
        continue;
      }
      const latest = this.followed.get(name)!;
      await latest.restore();
      this.wantLatest(keeper, latest);
    }
  }

  beforeApplicationShutdown(): void {
    this.stop.abort();
  }

  /** Resolves when every model is served; rejects when one could not be loaded at the first try. */
  async loaded(): Promise<void> {
    await Promise.all(this.firstTries);
  }

  /** Serves a model that was published, under the names that follow it. It is kept before this resolves, loaded later. */
  async offer(published: PublishedModel): Promise<void> {
    for (const [name, latest] of this.followed) {
      if (await latest.offer(published)) this.wantLatest(this.keepers.get(name)!, latest);
    }
  }

  /** @throws OpenAiError when there is none of this name */
  get(name: string): ServedModel {
    const keeper = this.keepers.get(name);
    if (!keeper) throw unknownModel(name, [...this.keepers.keys()]);
    return keeper.served;
  }

  all(): ServedModel[] {
    return [...this.keepers.values()].map(({ served }) => served);
  }

  private wantLatest(keeper: ModelKeeper, latest: LatestModel): void {
    const { current } = latest;
    if (current) keeper.want(() => this.locator.fetch(current.model.manifest));
  }
}
