import { createHash } from 'node:crypto';
import {
  type Adapter,
  type ColumnMapping,
  type DatasetKind,
  type SourceDescription,
  type SourceRow,
  type Split,
  serves,
  tokenizerHash,
} from '@open-chatgpt/datasets';
import type { CleaningOptions, DedupOptions } from '@open-chatgpt/pipeline';
import type { ChatTemplate, Tokenizer } from '@open-chatgpt/tokenizer';
import type { MixEnd } from '../records/mixer';
import type { Progress } from './progress';

/** A source of an ingestion. */
export interface IngestSource {
  /** Its name in records and report, unique among the sources. */
  name: string;
  /** Iterated once, from the start, also when an ingestion is resumed. */
  rows: AsyncIterable<SourceRow>;
  adapter: Adapter;
  /** The column of each field that has another name in the rows; they come under the names of the fields. */
  columns?: ColumnMapping;
  /** Its share in the mixture. Default 1. */
  weight?: number;
  /** The split that all of its examples go to; by default their prompts decide. */
  split?: Split;
  /** Take no more examples than this. */
  maxExamples?: number;
  /** The file and line of a row. Called while that file, or a later one, is read. */
  place?(row: number): { file: string; line: number };
  /** Bytes read so far, and the size where it is known. */
  bytes?(): { read: number; total?: number };
  /** The origin of the rows and their hash, for the report. Called when all rows have been read. */
  describe?(): SourceDescription | Promise<SourceDescription>;
}

/** The settings of the shards. */
export interface Tokenization {
  tokenizer: Tokenizer;
  template: ChatTemplate;
  /** In tokens. */
  maxLength: number;
  /** Several documents in one row of the training split; only supervised rows can be packed. Default false. */
  pack?: boolean;
  /** A shard ends with the first row, or window of packed rows, that makes it this large. Default 64 MiB. */
  shardBytes?: number;
}

export interface IngestOptions {
  kind: DatasetKind;
  sources: readonly IngestSource[];
  /** The folder to make. Until it is complete, it is named `<output>.partial`. */
  output: string;
  /** False keeps every example as it is. */
  cleaning?: CleaningOptions | false;
  dedup?: DedupOptions;
  /** The fraction of the prompts that is held out, and the seed that selects them. Default 0 and 0. */
  split?: { evalFraction?: number; seed?: number };
  /** Default 'everySource'. */
  mixEnd?: MixEnd;
  /** Detect the language of each record; otherwise it is "und". Default true. */
  detectLanguage?: boolean;
  tokenization?: Tokenization;
  /** Continue an unfinished ingestion with the same options. Default false: start from the beginning. */
  resume?: boolean;
  /**
   * Threads that clean, sign and tokenize rows, each with its own tokenizer. More than 1 requires a template that `chatTemplate` knows by
   * its name. Default 1: the calling thread. Does not change the result.
   */
  threads?: number;
  /** Rows between two checkpoints. Default 20,000. Does not change the result. */
  checkpointRows?: number;
  /** Stops at the next row. The ingestion can be resumed. */
  signal?: AbortSignal;
  onProgress?(progress: Progress): void;
}

/** Throws when the options are inconsistent, before anything is read. */
export function checkOptions(options: IngestOptions): void {
  const { kind, sources, split, tokenization, checkpointRows = 1, threads = 1 } = options;
  const fail = (found: string): never => {
    throw new Error(`ingest: ${found}`);
  };
  if (sources.length === 0) fail('there are no sources; name at least one dataset.');
  const names = sources.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) fail(`two sources are called "${twice}"; give each its own name.`);
  for (const { name, adapter } of sources) {
    if (!serves(adapter, kind))
      fail(`source "${name}": the "${adapter.name}" format holds no ${kind} examples; choose another kind.`);
  }
  const { evalFraction = 0, seed = 0 } = split ?? {};
  if (!(evalFraction >= 0 && evalFraction < 1))
    fail(`split.evalFraction is ${evalFraction}; expected at least 0 and below 1, as 0.1.`);
  if (!Number.isSafeInteger(seed)) fail(`split.seed is ${seed}; expected an integer.`);
  if (tokenization?.pack && kind !== 'supervised')
    fail(`tokenization.pack: ${kind} rows cannot be packed; only supervised ones can.`);
  const { maxLength = 1, shardBytes = 1 } = tokenization ?? {};
  for (const [field, value] of Object.entries({ maxLength, shardBytes, threads, checkpointRows }))
    if (!Number.isInteger(value) || value < 1) fail(`${field} is ${value}; expected a positive integer.`);
}

/** A hash of everything that the result depends on, except the rows. */
export function optionsHash(options: IngestOptions): string {
  const { kind, sources, cleaning, dedup, split, mixEnd, detectLanguage, tokenization } = options;
  const text = JSON.stringify([
    kind,
    sources.map(({ name, adapter, columns, weight, split, maxExamples }) => [
      name,
      adapter.name,
      columns,
      weight,
      split,
      maxExamples,
    ]),
    [cleaning, dedup, split, mixEnd, detectLanguage],
    tokenization && [
      tokenizerHash(tokenization.tokenizer),
      tokenization.template.name,
      [tokenization.maxLength, tokenization.pack, tokenization.shardBytes],
    ],
  ]);
  return createHash('sha256').update(text).digest('hex');
}
