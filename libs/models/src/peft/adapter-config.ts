import { z } from 'zod';
import { count, only, parseFields, positive } from '../config/schema';
import type { LoraConfig } from '../lora/lora-config';

const emptyOnly = (why: string) =>
  z
    .unknown()
    .optional()
    .refine((found) => found == null || Object.keys(found as object).length === 0, {
      message: `only an empty value is supported (${why})`,
    });

const EQUAL_RANKS = 'all modules have the same r and lora_alpha';

const schema = z.object({
  peft_type: z.literal('LORA'),
  r: count,
  lora_alpha: positive,
  lora_dropout: z.number().min(0).max(1).default(0),
  target_modules: z.union([z.array(z.string()).min(1), z.literal('all-linear')], {
    message: 'expected a list of module names or "all-linear" (regular expressions are not supported)',
  }),
  modules_to_save: z.array(z.string()).nullish(),
  base_model_name_or_path: z.string().nullish(),
  task_type: z.string().nullish(),
  bias: only('none', 'adapters leave biases alone'),
  lora_bias: only(false, 'adapters have no bias'),
  use_dora: only(false, 'plain LoRA'),
  use_rslora: only(false, 'the update is scaled by lora_alpha / r'),
  rank_pattern: emptyOnly(EQUAL_RANKS),
  alpha_pattern: emptyOnly(EQUAL_RANKS),
  layers_to_transform: emptyOnly('all layers have adapters'),
  exclude_modules: emptyOnly('every module that target_modules names has an adapter'),
  target_parameters: emptyOnly('adapters sit on modules'),
  trainable_token_indices: emptyOnly('embeddings are frozen'),
});

/** The contents of adapter_config.json. */
export interface AdapterConfig {
  lora: LoraConfig;
  /** Fully trained modules that are stored beside the adapters, such as `score`. */
  modulesToSave: string[];
  /** Name or path of the base model. */
  baseModel: string | null;
  /** PEFT's name for the task: CAUSAL_LM, SEQ_CLS … */
  taskType: string | null;
}

/** @throws ModelFileError naming each field that is missing, wrong or not supported */
export function parseAdapterConfig(json: unknown, where: string): AdapterConfig {
  const fields = parseFields(schema, json, where);
  const targets = fields.target_modules;
  return {
    lora: {
      r: fields.r,
      loraAlpha: fields.lora_alpha,
      loraDropout: fields.lora_dropout,
      targetModules: targets === 'all-linear' ? [targets] : targets,
    },
    modulesToSave: fields.modules_to_save ?? [],
    baseModel: fields.base_model_name_or_path ?? null,
    taskType: fields.task_type ?? null,
  };
}

/** The contents of adapter_config.json for PEFT. */
export function adapterConfigJson(config: AdapterConfig, fanInFanOut: boolean): Record<string, unknown> {
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
