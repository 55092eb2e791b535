import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import {
  convertRows,
  type DatasetKind,
  type IngestedDataset,
  openDataset,
  promptPlace,
  tokenizerHash,
} from '@open-chatgpt/datasets';
import { ingest } from '../ingest/ingest';
import type { IngestSource, Tokenization } from '../ingest/options';
import type { Progress } from '../ingest/progress';
import type { IngestReport } from '../ingest/report';
import { openCacheEntry } from './cache-entry';
import { codeVersion } from './code-version';

/** Below this size of the input, starting threads takes longer than they save. */
const THREADS_FROM_BYTES = 32 * 2 ** 20;

/** A dataset to ingest into the cache, as it is: nothing is cleaned, and no duplicate is dropped. */
export interface DatasetToCache {
  kind: DatasetKind;
  /** A JSON value that identifies the rows, and everything in `sources` that decides what becomes of them. */
  content: unknown;
  /** In bytes, where it is known. */
  size?: number;
  /** Opens the sources from their beginning. */
  sources(): Promise<IngestSource[]>;
  /** The share of the prompts that is held out. With two prompts or more, at least one is held out and one is not. */
  split?: { evalFraction: number; seed: number };
  tokenization?: Tokenization;
  /** Throws when the rows are not those that `content` identifies. */
  check?(report: IngestReport): void;
  /** Called while the dataset is ingested; not where it is in the cache. */
  onProgress?(progress: Progress): void;
}

/**
 * Opens the cached dataset, ingesting it first where it is not in the cache. `open` gets the folder's dataset, and throws when
 * it is damaged: then it is ingested again.
 *
 * @throws Error when no example is left for training, the cache cannot be written, or the sources cannot be read
 */
export function openCachedDataset<T>(
  input: DatasetToCache,
  open: (dataset: IngestedDataset) => Promise<T>,
): Promise<T> {
  return openCacheEntry(
    keyOf(input),
    (folder) => ingestInto(folder, input),
    async (folder) => open(await openDataset(folder)),
  );
}

function keyOf({ kind, content, split, tokenization }: DatasetToCache): string {
  const tokens = tokenization && [
    tokenizerHash(tokenization.tokenizer),
    tokenization.template.name,
    tokenization.maxLength,
    tokenization.pack ?? false,
  ];
  const text = JSON.stringify([codeVersion(), kind, content, split, tokens]);
  return createHash('sha256').update(text).digest('hex');
}

async function ingestInto(output: string, input: DatasetToCache): Promise<void> {
  const { kind, size = 0, sources, split, tokenization, check, onProgress } = input;
  const report = await ingest({
    kind,
    sources: await sources(),
    output,
    cleaning: false,
    dedup: { exact: false, near: false },
    split: split && { seed: split.seed, evalFraction: await fractionOf(input, split) },
    detectLanguage: false,
    tokenization,
    threads: size < THREADS_FROM_BYTES ? 1 : availableParallelism(),
    onProgress,
  });
  check?.(report);
}

/**
 * The fraction with which both splits get an example. It is the requested one if both splits get a prompt, which the first rows mostly
 * show. Otherwise it is moved so that exactly one prompt is in the other split.
 */
async function fractionOf(
  { kind, sources }: DatasetToCache,
  { evalFraction, seed }: { evalFraction: number; seed: number },
): Promise<number> {
  if (evalFraction === 0) return 0;
  let [smallest, largest] = [1, 0];
  for await (const place of placesOf(await sources(), kind, seed)) {
    smallest = Math.min(smallest, place);
    largest = Math.max(largest, place);
    if (smallest < evalFraction && evalFraction <= largest) return evalFraction;
  }
  if (largest < evalFraction) return largest;
  // Places are multiples of 2⁻⁵³, so no other place is below this number.
  return smallest < largest ? smallest + 2 ** -53 : evalFraction;
}

async function* placesOf(
  sources: readonly IngestSource[],
  kind: DatasetKind,
  seed: number,
): AsyncGenerator<number> {
  for (const { rows, adapter, maxExamples = Number.POSITIVE_INFINITY } of sources) {
    let count = 0;
    for await (const row of convertRows(rows, adapter, kind)) {
      for (const example of 'dropped' in row ? [] : row.examples) {
        if (count++ < maxExamples) yield promptPlace(example, seed);
      }
      if (count >= maxExamples) break;
    }
  }
}
