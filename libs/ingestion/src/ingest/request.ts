import { kindOf, type OpenOptions, openSource, type SourceRows, sourceRows } from '@open-chatgpt/datasets';
import { type IngestRequest, ingestRequestSchema, type tokenizationSchema } from '@open-chatgpt/pipeline';
import { chatTemplate, type Tokenizer } from '@open-chatgpt/tokenizer';
import { z } from 'zod';
import type { IngestOptions, IngestSource, Tokenization } from './options';

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
