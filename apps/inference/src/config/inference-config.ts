import { serviceConfigSchema } from '@open-chatgpt/service';
import { CHAT_TEMPLATE_NAMES, type ChatTemplateName } from '@open-chatgpt/tokenizer';
import { z } from 'zod';
import { nameOf, parseModelSource } from './model-source';

const weights = z.enum(['float32', 'int8', 'int4']);

const served = z
  .strictObject({
    name: z.string().optional().describe('what clients call it; by default the last part of the source'),
    source: z.string().min(1),
    template: z
      .enum(CHAT_TEMPLATE_NAMES as [ChatTemplateName, ...ChatTemplateName[]])
      .default('model')
      .describe('how a conversation becomes text'),
    weights: weights.optional().describe('instead of inferenceWeights'),
  })
  .transform(({ source, name, ...rest }) => {
    const parsed = parseModelSource(source);
    return { ...rest, source: parsed, name: name ?? nameOf(parsed) };
  })
  .refine(({ name }) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name), {
    error: 'a model is called by letters, digits, ".", "_" and "-"; write <name>=<source>',
  });

/** A variable holds `<name>=<source>` or `<source>`, several with commas between them; a file holds a list. */
function fromText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [, name, source] = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.+)$/.exec(part) ?? [];
      return name ? { name, source } : { source: part };
    });
}

const models = z
  .preprocess(fromText, z.array(served).min(1, 'expected at least one model'))
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
    error: 'two models have one name; write <name>=<source>',
  });

const whole = (least: number) => z.coerce.number().int().min(least);

export const inferenceConfigSchema = serviceConfigSchema.extend({
  inferenceModels: models
    .default(() => models.parse('latest'))
    .describe('what is served, and under which name'),
  inferenceWeights: weights
    .default('float32')
    .describe('int8 and int4 are smaller and faster, and less exact'),
  inferenceBatchSize: whole(1).max(1024).default(16).describe('answers given at a time, of each model'),
  inferenceQueueSize: whole(0).default(64).describe('answers that wait, of each model; more are refused'),
  inferenceMaxLength: whole(2)
    .optional()
    .describe("longest prompt and answer together, in tokens; by default the model's"),
  inferenceShutdownSeconds: whole(0).default(30).describe('time for answers in hand when the service stops'),
});

export type InferenceConfig = z.output<typeof inferenceConfigSchema>;
export type ServedModelConfig = InferenceConfig['inferenceModels'][number];
