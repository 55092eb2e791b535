import { z } from 'zod';
import { chatTemplateNames } from '../pipeline';
import { cleaningOptions } from './cleaning';
import { dedupOptions } from './dedup';

const text = z.string().min(1);

const sourceSchema = z.strictObject({
  source: text.describe('path, http(s) URL, s3:// URI or Hugging Face dataset id'),
  name: text.optional().describe('in records and report; the source itself by default'),
  adapter: text.optional().describe('how rows are read; found out from the first ones by default'),
  columns: z
    .record(text, text)
    .optional()
    .describe(
      'the column of each field, such as {prompt: question, output: answer}; by their names by default',
    ),
  weight: z.number().positive().optional().describe('its share in the mixture'),
  limit: z.int().min(1).optional().describe('read only the first so many rows'),
});

export const tokenizationSchema = z.strictObject({
  tokenizer: text.describe('folder or file of the tokenizer or its model, or builtin:<name>'),
  template: z.enum(chatTemplateNames).default('model').describe('chat template'),
  maxLength: z.int().min(2).default(1024).describe('in tokens'),
  pack: z.boolean().default(false).describe('several examples in one row'),
  shardBytes: z.int().min(1).optional().describe('size at which a shard ends'),
});

const settings = {
  kind: z
    .enum(['supervised', 'preference', 'unpaired', 'prompts'])
    .optional()
    .describe('kind of the examples; that of the first source by default'),
  cleaning: cleaningOptions.prefault({}).describe('which rows are corrected and dropped'),
  dedup: dedupOptions.prefault({}).describe('how duplicates are found'),
  split: z
    .strictObject({
      evalFraction: z.number().min(0).lt(1).default(0).describe('share of the prompts that is held out'),
      seed: z.int().default(0).describe('selects them'),
    })
    .prefault({}),
  mixEnd: z
    .enum(['everySource', 'anySource'])
    .default('everySource')
    .describe('the mixture ends when every source has ended, or when one has'),
  detectLanguage: z.boolean().default(true),
  tokenization: tokenizationSchema.optional().describe('makes shards of tokens too'),
};

/** A request for an ingestion, as JSON: of a command line or a message. */
export const ingestRequestSchema = z.strictObject({
  ...settings,
  sources: z.array(sourceSchema).min(1, { error: 'expected at least one dataset' }),
});

export type IngestRequest = z.input<typeof ingestRequestSchema>;

const { columns, weight, limit } = sourceSchema.shape;

/** The options of a dataset of a platform: those of its source, and all that an ingestion has beside its first source. */
export const datasetOptions = z.strictObject({
  ...{ columns, weight, limit },
  ...settings,
  sources: z.array(sourceSchema).optional().describe('more sources, which are mixed with the first'),
});

type DatasetOptions = z.input<typeof datasetOptions>;

/** The ingestion that a request for a dataset of a platform means. */
export function ingestRequestOf(
  { source, adapter }: { source: string; adapter?: string },
  { sources = [], columns, weight, limit, ...rest }: DatasetOptions,
): IngestRequest {
  return { ...rest, sources: [{ source, adapter, columns, weight, limit }, ...sources] };
}
