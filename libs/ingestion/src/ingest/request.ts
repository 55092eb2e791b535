import { kindOf, type OpenOptions, openSource, type SourceRows, sourceRows } from '@open-chatgpt/datasets';
import { CHAT_TEMPLATE_NAMES, chatTemplate, type Tokenizer } from '@open-chatgpt/tokenizer';
import { z } from 'zod';
import { cleaningOptions } from '../cleaning/clean';
import { dedupOptions } from '../dedup/options';
import type { IngestOptions, IngestSource, Tokenization } from './options';

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

const tokenizationSchema = z.strictObject({
  tokenizer: text.describe('folder or file of the tokenizer or its model, or builtin:<name>'),
  template: z.enum(CHAT_TEMPLATE_NAMES).default('model').describe('chat template'),
  maxLength: z.int().min(2).default(1024).describe('in tokens'),
  pack: z.boolean().default(false).describe('several examples in one row'),
  shardBytes: z.int().min(1).optional(),
});

/** A request for an ingestion, as JSON: of a command line or a message. */
export const ingestRequestSchema = z.strictObject({
  kind: z.enum(['supervised', 'preference', 'prompts']).optional(),
  sources: z.array(sourceSchema).min(1, { error: 'expected at least one dataset' }),
  cleaning: cleaningOptions.prefault({}),
  dedup: dedupOptions.prefault({}),
  split: z
    .strictObject({ evalFraction: z.number().min(0).lt(1).default(0), seed: z.int().default(0) })
    .prefault({}),
  mixEnd: z.enum(['everySource', 'anySource']).default('everySource'),
  detectLanguage: z.boolean().default(true),
  tokenization: tokenizationSchema.optional(),
});

export type IngestRequest = z.input<typeof ingestRequestSchema>;

/** @throws Error that names every wrong field */
export function parseIngestRequest(value: unknown): z.output<typeof ingestRequestSchema> {
  const parsed = ingestRequestSchema.safeParse(value);
  if (!parsed.success) throw new Error(`ingestion: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Opens the sources and the tokenizer that a request names. */
export interface IngestResources extends OpenOptions {
  /** Threads that process rows. Default 1. */
  threads?: number;
  openTokenizer(name: string): Promise<Tokenizer>;
}

/** A request with open sources and tokenizer: the options of `ingest` except `output`. */
export interface OpenedIngestion extends Omit<IngestOptions, 'output' | 'sources'> {
  sources: (IngestSource & SourceRows)[];
}

/** Opens the sources and the tokenizer of a request. Reads only the rows that detection needs. */
export async function openIngestRequest(
  request: IngestRequest,
  resources: IngestResources,
): Promise<OpenedIngestion> {
  const { kind: given, sources, tokenization, ...options } = parseIngestRequest(request);
  const opened = [];
  for (const one of sources) opened.push({ ...one, opened: await openSource(one.source, resources) });
  const kind = given ?? (await kindOf(opened[0].opened, opened[0]));
  const ready = [];
  for (const { opened: source, weight, ...one } of opened)
    ready.push({ ...(await sourceRows(source, { ...one, kind })), weight });
  return {
    ...options,
    kind,
    sources: ready,
    threads: resources.threads,
    tokenization: tokenization && (await openTokenization(tokenization, resources)),
  };
}

async function openTokenization(
  { tokenizer: name, template, ...rest }: z.output<typeof tokenizationSchema>,
  { openTokenizer }: IngestResources,
): Promise<Tokenization> {
  const tokenizer = await openTokenizer(name);
  return { tokenizer, template: chatTemplate(template, tokenizer), ...rest };
}
