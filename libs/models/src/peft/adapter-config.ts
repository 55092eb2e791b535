import { z } from 'zod';
import { count, parseFields, positive } from '../config/schema';
import type { LoraConfig } from '../lora/lora-config';
import { ModelFileError } from '../weights/model-file-error';
import { matchesName } from './pattern';

const indices = z.array(z.int().min(0));

const schema = z.looseObject({
  peft_type: z.string(),
  r: count,
  lora_alpha: positive,
  lora_dropout: z.number().min(0).max(1).default(0),
  target_modules: z.union([z.array(z.string()), z.string()], {
    message: 'expected a list of module names, a regular expression or "all-linear"',
  }),
  modules_to_save: z.array(z.string()).nullish(),
  base_model_name_or_path: z.string().nullish(),
  task_type: z.string().nullish(),
  bias: z.enum(['none', 'all', 'lora_only']).default('none'),
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  rank_pattern: z.record(z.string(), count).nullish(),
  alpha_pattern: z.record(z.string(), positive).nullish(),
  trainable_token_indices: z.union([indices, z.record(z.string(), indices)]).nullish(),
  ensure_weight_tying: z.boolean().nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
});

/**
 * Fields that change nothing in a trained adapter: they describe the training, or its tensors show what they say. Every other field
 * outside the schema must be empty, because it names a kind of adapter that computes something else.
 */
const WITHOUT_EFFECT = new Set([
  'arrow_config',
  'auto_mapping',
  'corda_config',
  'eva_config',
  'exclude_modules',
  'fan_in_fan_out',
  'inference_mode',
  'layers_pattern',
  'layers_to_transform',
  'lora_bias',
  'lora_ga_config',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
]);

/** Initializations that also change the weights of the base, from which PEFT computes them again when it loads the adapter. */
const CHANGES_BASE = /^(pissa|olora|corda|loftq|lora_ga)/;

/** The contents of adapter_config.json. */
export interface AdapterConfig {
  lora: LoraConfig;
  /** Fully trained modules that are stored beside the adapters, such as `score`. */
  modulesToSave: string[];
  /** Name or path of the base model. */
  baseModel: string | null;
  /** PEFT's name for the task: CAUSAL_LM, SEQ_CLS … */
  taskType: string | null;
  /** Rank of the factors of a module, by its full name. */
  rankOf(module: string): number;
  /** What the product of the factors of a module is multiplied by. */
  scaleOf(module: string): number;
  /** The rows that trainable tokens replace in a table, by its full name. */
  tokenRowsOf(module: string): number[];
  /** Whether the head follows the embeddings that the adapter has. */
  tiesHead: boolean;
}

/** @throws ModelFileError naming each field that is missing, wrong or not supported */
export function parseAdapterConfig(json: unknown, where: string): AdapterConfig {
  const kind = (json as { peft_type?: unknown } | null)?.peft_type;
  if (typeof kind === 'string' && kind !== 'LORA')
    throw new ModelFileError(
      where,
      `field "peft_type": an adapter of the kind ${kind} is not read; only LORA is`,
    );
  const fields = parseFields(schema, json, where);
  checkOtherFields(fields, where);
  const { r, lora_alpha: alpha, target_modules: targets } = fields;
  const ofModule = <T>(patterns: Record<string, T> | null | undefined, module: string, otherwise: T): T =>
    Object.entries(patterns ?? {}).find(([pattern]) => matchesName(pattern, module, where))?.[1] ?? otherwise;
  const rankOf = (module: string) => ofModule(fields.rank_pattern, module, r);
  const scale = (numerator: number, rank: number) => numerator / (fields.use_rslora ? Math.sqrt(rank) : rank);
  const tokens = fields.trainable_token_indices;
  return {
    lora: {
      r,
      // The same scale in the form of plain LoRA.
      loraAlpha: fields.use_rslora ? alpha * Math.sqrt(r) : alpha,
      loraDropout: fields.lora_dropout,
      targetModules: typeof targets === 'string' ? [targets] : targets,
    },
    modulesToSave: fields.modules_to_save ?? [],
    baseModel: fields.base_model_name_or_path ?? null,
    taskType: fields.task_type ?? null,
    rankOf,
    scaleOf: (module) => scale(ofModule(fields.alpha_pattern, module, alpha), rankOf(module)),
    tokenRowsOf: (module) =>
      Array.isArray(tokens)
        ? tokens
        : (Object.entries(tokens ?? {}).find(
            ([name]) => module === name || module.endsWith(`.${name}`),
          )?.[1] ?? []),
    tiesHead: fields.ensure_weight_tying ?? false,
  };
}

function checkOtherFields(fields: z.output<typeof schema>, where: string): void {
  for (const [name, value] of Object.entries(fields)) {
    if (Object.hasOwn(schema.shape, name) || WITHOUT_EFFECT.has(name) || isEmpty(value)) continue;
    throw new ModelFileError(
      where,
      `field "${name}": adapters that set it are not supported (LoRA, rsLoRA, DoRA, ranks and alphas by module, biases, whole ` +
        'modules and trainable tokens are); merge the adapter with PEFT and import the result',
    );
  }
  const { init_lora_weights: init } = fields;
  if (typeof init === 'string' && CHANGES_BASE.test(init))
    throw new ModelFileError(
      where,
      `field "init_lora_weights": "${init}" changes the weights of the base, which only PEFT can repeat; save the adapter with ` +
        'path_initial_model_for_weight_conversion, or merge it with PEFT',
    );
}

function isEmpty(value: unknown): boolean {
  return value === null || value === false || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** The contents of adapter_config.json for PEFT. */
export function adapterConfigJson(
  config: Pick<AdapterConfig, 'lora' | 'modulesToSave' | 'baseModel' | 'taskType'>,
  fanInFanOut: boolean,
): Record<string, unknown> {
  const { r, loraAlpha, loraDropout, targetModules } = config.lora;
  const allLinear = targetModules.length === 1 && targetModules[0] === 'all-linear';
  return {
    alpha_pattern: {},
    base_model_name_or_path: config.baseModel,
    bias: 'none',
    fan_in_fan_out: fanInFanOut,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: null,
    lora_alpha: loraAlpha,
    lora_dropout: loraDropout,
    modules_to_save: config.modulesToSave.length > 0 ? config.modulesToSave : null,
    peft_type: 'LORA',
    r,
    rank_pattern: {},
    revision: null,
    target_modules: allLinear ? 'all-linear' : targetModules,
    task_type: config.taskType,
    use_dora: false,
    use_rslora: false,
  };
}
