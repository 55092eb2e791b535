import type { Model } from '@open-chatgpt/models';
import type { AlgorithmName, DataRole, StageConfig } from '@open-chatgpt/pipeline';
import type { LoopEvent } from '@open-chatgpt/runs';
import type { Checkpoint } from '../checkpoint/load';
import type { Opening, StageRows } from '../data/open-rows';
import type { BaseModel, ModelDescription } from '../pipeline/base-model';
import type { RewardModel } from '../pipeline/reward-model';
import { paddedLength, type StageWork } from '../pipeline/stage-work';
import { type LearningSettings, nothingLearned } from '../schedule/nothing-learned';
import type { StageEnvironment } from '../trainer/stage-loop';
import { countTotalSteps, type EpochConfig } from '../trainer/total-steps';

/** What a stage is given. */
export interface StageContext<Name extends AlgorithmName = AlgorithmName> {
  config: StageConfig<Name>['with'];
  /** The model to start from. Its weights stay as they are. */
  base: BaseModel;
  /** The model to measure the distance from, where the stage names another than the base. */
  reference(): Promise<BaseModel>;
  /** Opened by this call: a stage whose scores come from services does not load it. */
  rewardModel(): Promise<RewardModel>;
  environment: StageEnvironment;
}

/** What a stage makes. */
export type MadeModel =
  | {
      kind: 'language-model';
      model: Model;
      /** How to sample from it, by the names of generation_config.json; takes precedence over the base's. */
      generationConfig?: Readonly<Record<string, unknown>>;
    }
  | ({ kind: 'reward-model' } & RewardModel);

/** What a stage would do, as its data says. */
export interface StageSize {
  /** Rows to train on: conversations (packed: rows of several), pairs or prompts. */
  examples: number;
  heldOut: number;
  /** Rows left out, by reason. */
  dropped: Record<string, number>;
  /** Rows that the model was not made for. */
  warnings: string[];
  /** Optimizer steps; PPO: iterations. */
  totalSteps: number;
  /** Longest row, in tokens; PPO: longest prompt with the longest response. */
  longest: number;
  work: StageWork;
}

/** One way to train, as the runner of pipelines sees it. */
export interface Algorithm<Name extends AlgorithmName = AlgorithmName> {
  /** Reads the data and trains nothing. */
  measure(
    model: ModelDescription,
    config: StageConfig<Name>['with'],
    opening: Pick<Opening, 'onIngest'>,
  ): Promise<StageSize>;
  /** @throws TrainingDiverged, TrainingInterrupted */
  train(context: StageContext<Name>): Promise<MadeModel>;
  /**
   * The model of a stage that an earlier part of the run finished.
   * @param checkpoint its last one
   * @param summary of its `finished` event
   */
  restore(
    context: StageContext<Name>,
    checkpoint: Checkpoint,
    summary: Readonly<Record<string, number | string>>,
  ): Promise<MadeModel>;
}

/** Reports which rows of a dataset were left out and why, and what is to be known about the others. */
export function reportRows(
  listen: (event: LoopEvent) => void,
  { dropped, warnings }: Pick<StageRows<DataRole>, 'dropped' | 'warnings'>,
): void {
  for (const message of warnings) listen({ type: 'warning', message });
  const reasons = Object.entries(dropped).filter(([, count]) => count);
  if (reasons.length === 0) return;
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  const list = reasons.map(([reason, count]) => `${reason} ${count}`).join(', ');
  listen({ type: 'warning', message: `${total} examples were left out: ${list}` });
}

/**
 * What a stage that trains on the rows of a dataset would do. Closes the rows.
 * @param passes over the rows of one forward and backward pass
 */
export async function measureRows(
  {
    train,
    evaluation,
    dropped,
    warnings,
  }: Pick<StageRows<DataRole>, 'train' | 'evaluation' | 'dropped' | 'warnings'>,
  config: EpochConfig & LearningSettings & { groupByLength: boolean },
  passes = 1,
): Promise<StageSize> {
  await train.close();
  const totalSteps = countTotalSteps(config, train.size);
  const { perDeviceTrainBatchSize, gradientAccumulationSteps, groupByLength } = config;
  return {
    examples: train.size,
    heldOut: evaluation.length,
    dropped,
    warnings: [...warnings, ...nothingLearned(config, totalSteps)],
    totalSteps,
    longest: longestOf(train.lengths),
    work: {
      passes: passes * gradientAccumulationSteps,
      updates: 1,
      length: paddedLength(train.lengths, perDeviceTrainBatchSize, groupByLength),
    },
  };
}

/** The longest of some rows, in tokens; 0 where there are none. */
export function longestOf(lengths: ArrayLike<number>): number {
  return Array.from(lengths).reduce((most, length) => Math.max(most, length), 0);
}
