import { serviceConfigSchema } from '@open-chatgpt/service';
import { CHAT_TEMPLATE_NAMES, type ChatTemplateName } from '@open-chatgpt/tokenizer';
import { z } from 'zod';
import { defaultName, parseModelSource } from './model-source';

const weights = z.enum(['float32', 'int8', 'int4']);

const template = z
  .enum(CHAT_TEMPLATE_NAMES as [ChatTemplateName, ...ChatTemplateName[]])
  .default('model')
  .describe('chat template: how messages become text');

/** What requests may name. */
export const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const WRONG_NAME = 'the name of a model has letters, digits, ".", "_" and "-"; write <name>=<source>';

const served = z
  .strictObject({
    name: z.string().optional().describe('the name in requests; by default the last part of the source'),
    source: z.string().min(1),
    template,
    weights: weights.optional().describe('instead of inferenceWeights'),
  })
  .transform(({ source, name, ...rest }) => {
    const parsed = parseModelSource(source);
    return { ...rest, source: parsed, name: name ?? defaultName(parsed) };
  })
  .refine(({ name }) => MODEL_NAME.test(name), { error: WRONG_NAME });

const adapter = z
  .strictObject({
    name: z.string(),
    source: z.string().min(1),
    base: z.string().optional().describe('the name of the model that it changes; by default the only one'),
    template: template,
  })
  .transform(({ source, ...rest }) => ({ ...rest, source: parseModelSource(source) }))
  .refine(({ name }) => MODEL_NAME.test(name), { error: WRONG_NAME });

/** A variable holds `<name>=<source>` or `<source>`, separated by commas; a file holds a list. */
function parseList(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return partsOf(value).map((part) => {
    const [, name, source] = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.+)$/.exec(part) ?? [];
    return name ? { name, source } : { source: part };
  });
}

const partsOf = (list: string): string[] =>
  list
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

const models = z
  .preprocess(parseList, z.array(served).min(1, 'expected at least one model'))
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
    error: 'two models have the same name; write <name>=<source>',
  });

/** A variable holds `<name>=<source>` or `<name>@<base>=<source>`, separated by commas; a file holds a list. */
function parseAdapters(value: unknown): unknown {
  const parts = typeof value === 'string' ? partsOf(value) : value;
  return Array.isArray(parts)
    ? parts.map((part) => (typeof part === 'string' ? parseAdapter(part) : part))
    : parts;
}

function parseAdapter(text: string): unknown {
  const [, name = '', base, source = text] = /^([^=@]*)(?:@([^=]*))?=(.*)$/.exec(text) ?? [];
  return { name, base, source };
}

const whole = (least: number) => z.coerce.number().int().min(least);

export const inferenceConfigSchema = serviceConfigSchema.extend({
  inferenceModels: models.default(() => models.parse('latest')).describe('the served models and their names'),
  inferenceAdapters: z
    .preprocess(parseAdapters, z.array(adapter))
    .default([])
    .describe('LoRA adapters, their names and the models that they change'),
  inferenceAdaptersFrom: z
    .preprocess((value) => (typeof value === 'string' ? partsOf(value) : value), z.array(z.string().min(1)))
    .default([])
    .describe(
      'folders, comma-separated, whose adapters a token with the scope `models` may add; `store` for those of the platform; none by default',
    ),
  inferenceWeights: weights
    .default('float32')
    .describe('int8 and int4 are smaller and faster, and less accurate'),
  inferenceBatchSize: whole(1)
    .max(1024)
    .default(16)
    .describe('completions that run at the same time, per model'),
  inferenceQueueSize: whole(0).default(64).describe('completions that wait, per model; more are rejected'),
  inferenceMaxLength: whole(2)
    .optional()
    .describe("longest prompt and completion together, in tokens; by default the model's context"),
  inferencePrefixCacheMib: whole(0)
    .default(256)
    .describe(
      'memory for keys and values that prompts with the same beginning share, per model; 0 shares none',
    ),
  inferenceSpeculativeTokens: whole(0)
    .max(64)
    .default(0)
    .describe(
      'most tokens that are guessed and read with one step, while a model has one completion; 0 guesses none',
    ),
  inferenceDraftModel: z
    .string()
    .min(1)
    .optional()
    .describe(
      'folder or GGUF file of a smaller model with the same tokenizer, which guesses; by default earlier text does',
    ),
  inferenceModelMemoryMib: whole(1)
    .optional()
    .describe(
      'memory for all models; they are loaded by their first request, and the least recently used are unloaded',
    ),
  inferenceIdleSeconds: whole(1)
    .optional()
    .describe('a model without requests for so long is unloaded; it is loaded by its first request'),
  inferenceLoadSeconds: whole(1).default(60).describe('how long a request waits for its model to be loaded'),
  inferenceResponseDays: z.coerce
    .number()
    .min(0)
    .max(365)
    .default(30)
    .describe('how long /v1/responses keeps a response that a later one may continue; 0 keeps none'),
  inferenceShutdownSeconds: whole(0).default(30).describe('time for active requests when the service stops'),
});

export type InferenceConfig = z.output<typeof inferenceConfigSchema>;
export type ServedAdapterConfig = InferenceConfig['inferenceAdapters'][number];
export type ServedModelConfig = InferenceConfig['inferenceModels'][number];
