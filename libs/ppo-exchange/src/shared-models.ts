import { fetchBuiltinModel } from '@open-chatgpt/download';
import { modelOf, stageNamed } from '@open-chatgpt/pipeline';
import { setThreads } from '@open-chatgpt/runtime';
import { fetchFolder, importOnce, type ObjectStore } from '@open-chatgpt/storage';
import {
  type BaseModel,
  openRewardModel,
  prepareBaseModel,
  type RewardModel,
  resolveLocalModel,
  tokenizerDataset,
} from '@open-chatgpt/training';
import type { RunDescription } from './run-description';

/** Frozen models of this process by name. A model is freed when no service uses it any more. */
const inMemory = new Map<string, WeakRef<object>>();
const opening = new Map<string, Promise<object>>();

/** The model of this name; opens it unless a service uses it or is opening it. */
async function shared<T extends object>(name: string, open: () => Promise<T>): Promise<T> {
  const found = inMemory.get(name)?.deref() ?? opening.get(name);
  if (found) return (await found) as T;
  const work = open();
  opening.set(name, work);
  try {
    const model = await work;
    inMemory.set(name, new WeakRef(model));
    return model;
  } finally {
    opening.delete(name);
  }
}

type BaseSource = Pick<RunDescription, 'pipeline' | 'stage' | 'models'>;

/** Opens the frozen models of runs. All services of a process share a model with the same content. */
export class SharedModels {
  constructor(
    private readonly store: ObjectStore,
    private readonly cacheDir: string,
  ) {}

  /** The model that PPO starts from, which is the reference too. Its weights must not change. */
  base({ pipeline, stage, models }: BaseSource): Promise<BaseModel> {
    const { seed, template, threads } = pipeline;
    if (threads) setThreads(threads);
    const dataset = tokenizerDataset(pipeline);
    const named = modelOf(pipeline, stageNamed(pipeline, stage), 'base')!;
    const source = models.base ? models.base.sha256 : { source: named, seed, dataset };
    return shared(JSON.stringify({ base: source, template }), async () =>
      prepareBaseModel(
        models.base ? { path: await fetchFolder(this.store, models.base, this.cacheDir) } : named,
        { seed, template, dataset, resolveModel: resolveLocalModel((name) => this.builtin(name)) },
      ),
    );
  }

  /** Shares the memory of the base if it is a LoRA adapter that was trained on that base. */
  rewardModel(run: RunDescription): Promise<RewardModel> {
    const { pipeline, stage, models } = run;
    const path = stageNamed(pipeline, stage).models.rewardModel;
    const base = () => this.base(run);
    if (pipeline.threads) setThreads(pipeline.threads);
    return shared(JSON.stringify({ reward: models.rewardModel?.sha256 ?? path }), async () => {
      if (models.rewardModel)
        return openRewardModel(await fetchFolder(this.store, models.rewardModel, this.cacheDir), base);
      if (path) return openRewardModel(path, base);
      throw new Error(`${stage}: there is no reward model; name one as models.rewardModel`);
    });
  }

  private builtin(name: string): Promise<string> {
    return importOnce(this.store, `models/builtin/${name}`, this.cacheDir, () => fetchBuiltinModel(name));
  }
}
