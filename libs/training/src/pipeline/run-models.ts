import { allocateBase, type Model } from '@open-chatgpt/models';
import { datasetsOf, modelOf, type PipelineConfig, type StageConfig } from '@open-chatgpt/pipeline';
import type { MadeModel } from '../algorithms/algorithm';
import { type BaseModel, type BaseModelOptions, prepareBaseModel } from './base-model';
import { mergeInto } from './export-model';
import { openRewardModel, type RewardModel } from './reward-model';
import { copyWeights } from './stage-models';

type Role = 'base' | 'reference';

/** In place of a reference, for a base that no stage names. */
const PIPELINE_MODEL = 'the model of the pipeline';

/**
 * The models that the stages of a run take and make. One that two stages take is in memory once; the model that a
 * stage makes takes the memory of its base where nothing needs the base any more.
 */
export class RunModels {
  private readonly languageModels = new Map<string, BaseModel>();
  private readonly rewardModels = new Map<string, RewardModel>();

  constructor(
    private readonly pipeline: PipelineConfig,
    private readonly options: Pick<BaseModelOptions, 'resolveModel' | 'onProgress'>,
  ) {}

  async languageModel(stage: StageConfig, role: Role): Promise<BaseModel> {
    const key = this.keyOf(stage, role);
    const model = this.languageModels.get(key) ?? (await this.open(stage, role));
    // A reference that nothing else takes is the stage's alone, which releases it when it needs it no longer.
    if (key === this.keyOf(stage, 'base') || this.isWantedAfter(stage, key))
      this.languageModels.set(key, model);
    else this.languageModels.delete(key);
    return model;
  }

  /** @param base of the stage, on which a reward model that was trained with LoRA may lie */
  async rewardModel(stage: StageConfig, base: BaseModel): Promise<RewardModel> {
    const path = stage.models.rewardModel;
    if (!path) throw new Error(`${stage.name}: there is no reward model; name one as models.rewardModel`);
    const known = this.rewardModels.get(path);
    if (known) return known;
    const opened = await openRewardModel(await this.options.resolveModel(path), async () => base);
    this.rewardModels.set(path, opened);
    return opened;
  }

  /** Keeps what a stage made, where a later stage takes it. */
  keep(stage: StageConfig, made: MadeModel): void {
    const reference = `stage:${stage.name}`;
    const wanted = (key: string) => this.isWantedAfter(stage, key);
    if (made.kind === 'reward-model') {
      if (wanted(reference)) this.rewardModels.set(reference, made);
      return;
    }
    if (!wanted(reference)) return;
    const key = this.keyOf(stage, 'base');
    const base = this.languageModels.get(key)!;
    const adapted = [...this.rewardModels].some(
      ([name, { model }]) => wanted(name) && model.frozen === base.weights,
    );
    const inPlace = !wanted(key) && !adapted;
    if (inPlace) this.languageModels.delete(key);
    this.languageModels.set(reference, merged(base, made.model, inPlace, made.generationConfig));
  }

  private open(stage: StageConfig, role: Role): Promise<BaseModel> {
    return prepareBaseModel(modelOf(this.pipeline, stage, role)!, {
      ...this.options,
      seed: this.pipeline.seed,
      template: this.pipeline.template,
      dataset: tokenizerDataset(this.pipeline),
    });
  }

  private isWantedAfter(stage: StageConfig, key: string): boolean {
    const later = this.pipeline.stages.slice(this.pipeline.stages.indexOf(stage) + 1);
    return later.some(
      (one) =>
        Object.values(one.models).includes(key) || (key === PIPELINE_MODEL && one.models.base === undefined),
    );
  }

  private keyOf(stage: StageConfig, role: Role): string {
    return stage.models[role] ?? PIPELINE_MODEL;
  }
}

/** The base with the trained weights in it, in the memory of the base or in its own. */
function merged(
  base: BaseModel,
  model: Model,
  inPlace: boolean,
  generationConfig: Readonly<Record<string, unknown>> | undefined,
): BaseModel {
  const weights = inPlace ? base.weights : allocateBase(base.config, false);
  if (!inPlace) copyWeights(base.weights, weights);
  mergeInto(weights, model);
  return {
    ...base,
    weights,
    generationConfig: generationConfig
      ? { ...base.generationConfig, ...generationConfig }
      : base.generationConfig,
  };
}

/** What a fresh model learns its vocabulary from: the first instructions that a stage reads. */
export function tokenizerDataset({ stages }: PipelineConfig) {
  return stages.flatMap((stage) => datasetsOf(stage)).find(({ role }) => role === 'instructions')?.source;
}
