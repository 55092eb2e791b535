import type { z } from 'zod';
import type { LoraSettings } from '../fields/lora';

/** What the rows of a dataset are, by what a stage does with them. */
export const dataRoles = ['instructions', 'pairs', 'labels', 'prompts'] as const;
export type DataRole = (typeof dataRoles)[number];

export const modelKinds = ['language-model', 'reward-model'] as const;
export type ModelKind = (typeof modelKinds)[number];

/** What a stage does with a model that it takes. */
export const modelRoles = ['base', 'reference', 'rewardModel'] as const;
export type ModelRole = (typeof modelRoles)[number];

/** A field of the configuration that names a dataset. */
export interface DataNeed<Config = unknown> {
  role: DataRole;
  /**
   * When this holds and the field is absent, the stage takes the dataset of the nearest earlier stage that reads the
   * same role. Without it, the schema decides whether the field is required.
   */
  inheritedWhen?(config: Config): boolean;
}

export interface ModelNeed {
  kind: ModelKind;
  description: string;
  /** Without it, a pipeline that provides no such model is refused. */
  optional?: true;
}

/** A headline figure of a stage: a held-out metric, or a metric of its steps where none was measured. */
export interface Figure {
  metric: string;
  /** `evaluation`: before and after the stage, on held-out data. `step`: the first and the last step. */
  of: 'evaluation' | 'step';
  title: string;
  format: 'number' | 'share';
  /** The direction that is an improvement; null where neither is. */
  better: 'lower' | 'higher' | null;
  /**
   * Another metric of the stage that this one stands for, as the score of a reward model stands for right answers. A change counts as
   * better only where that metric did not get worse.
   */
  proxyOf?: string;
  /** Also shown as a tile at the top of the report, with this note. */
  tile?: string;
}

/** A diagram of the report: metrics with the names of their curves. */
export interface ChartPlan {
  title: string;
  note: string;
  step?: Readonly<Record<string, string>>;
  evaluated?: Readonly<Record<string, string>>;
}

/** The models that a stage holds in memory, and the size of one forward and backward pass. */
export interface Footprint {
  /** Models with gradients and moments; with LoRA only the adapter has them. */
  trained: { lora: LoraSettings | null; scalarHead: boolean }[];
  /** Models without, beside the base that all share. */
  frozen: { lora: LoraSettings | null; scalarHead: boolean }[];
  /** The base is a reference, which computes between the passes of the trained models. */
  reference?: true;
  /** Rows in one pass. */
  rows: number;
  /** Tokens that a row may have beyond its longest prompt. */
  responseLength?: number;
  /** Responses that are sampled at a time. */
  sampled?: number;
}

/** The processes that share a stage where services execute it. A stage that one process executes has only a trainer. */
export const processRoles = ['trainer', 'rollout', 'critic'] as const;
export type ProcessRole = (typeof processRoles)[number];

/** Everything about an algorithm that can be known without its code: the one source for its name. */
export interface StageDescriptor<Name extends string = string, Config extends z.ZodType = z.ZodType> {
  name: Name;
  /** In tables and progress bars, such as "SFT". */
  label: string;
  title: string;
  /** One sentence for a reader who does not know the algorithm. */
  description: string;
  /** Schema of the stage's `with`. */
  config: Config;
  /** Named starting points for the fields that are not given. */
  presets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The fields that name datasets. */
  data: Readonly<Record<string, DataNeed<z.output<Config>>>>;
  models: Readonly<Partial<Record<ModelRole, ModelNeed>>>;
  makes: ModelKind;
  /** What one step is, and the field that sets how many there are. */
  steps: { unit: 'step' | 'iteration'; field: string };
  /** Metrics of a step that a progress bar shows. */
  progress: readonly string[];
  figures: readonly Figure[];
  charts: readonly ChartPlan[];
  /** Metrics of a step, in seconds, that divide its time, and what each is spent on. */
  timeShares?: Readonly<Record<string, string>>;
  /** The service that executes it, and the group in which it takes requests. */
  service: string;
  /** Other groups that work on it, and who their members are. */
  helpers?: Readonly<Record<string, string>>;
  /** Shown under `openchat <name> --help`. */
  examples: readonly string[];
  footprint(config: z.output<Config>, rewardModel: { lora: LoraSettings | null } | null): Footprint;
  /** The footprint of each process, where several share the stage. */
  footprints?(
    config: z.output<Config>,
    rewardModel: { lora: LoraSettings | null } | null,
  ): Record<ProcessRole, Footprint>;
}

/** Infers the types of a descriptor. */
export const defineStage = <const Name extends string, Config extends z.ZodType>(
  descriptor: StageDescriptor<Name, Config>,
): StageDescriptor<Name, Config> => descriptor;

/** Of a stage that compares a language model with a frozen one. */
export const modelsWithReference = {
  base: { kind: 'language-model', description: 'the model before the first update' },
  reference: {
    kind: 'language-model',
    description: 'the model that the distance is measured from, the base by default',
    optional: true,
  },
} as const;

export const lossFigures: readonly Figure[] = [
  { metric: 'loss', of: 'step', title: 'training loss', format: 'number', better: 'lower' },
  { metric: 'evalLoss', of: 'evaluation', title: 'held-out loss', format: 'number', better: 'lower' },
];

export const gradientNormChart: ChartPlan = {
  title: 'Gradient norm',
  note: 'Size of the gradient before it is clipped. Peaks show steps on unusual rows.',
  step: { gradNorm: 'gradient norm' },
};

export const learningRateChart: ChartPlan = {
  title: 'Learning rate',
  note: 'Size of the steps.',
  step: { learningRate: 'learning rate' },
};

export const speedChart: ChartPlan = {
  title: 'Speed',
  note: 'Tokens per second.',
  step: { tokensPerSecond: 'tokens/s' },
};
