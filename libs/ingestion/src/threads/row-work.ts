import { join } from 'node:path';
import type { IngestOptions } from '../ingest/options';
import { createPreparation, type PreparedExample, type RawExample } from '../records/prepare-example';
import { shardHeaderOf } from '../shards/shard-header';
import { type Batch, type TokenizedBatch, tokenizeBatch } from '../shards/tokenize-batch';
import type { RowWorkerSettings, WorkResult, WorkTask } from './row-worker';
import { ThreadPool } from './thread-pool';

/** Compiled, also for specs, which run the sources: a thread takes no TypeScript. */
const WORKER = join(__dirname.replace(/src([\\/]threads)$/, 'dist$1'), 'row-worker.js');

/** The work on rows that depends on nothing but them, and is most of it. */
export interface RowWork {
  /** Batches to be under way at once, so that no thread waits. */
  atOnce: number;
  prepare(examples: RawExample[]): Promise<PreparedExample[]>;
  tokenize(batch: Batch): Promise<TokenizedBatch>;
  close(): Promise<void>;
}

/** In threads of its own, as many as the options say; in the one that calls by default. */
export function createRowWork(options: IngestOptions): RowWork {
  const { threads = 1 } = options;
  return threads > 1 ? inThreads(threads, options) : inThisThread(options);
}

function inThisThread(options: IngestOptions): RowWork {
  const { kind, tokenization } = options;
  const prepare = createPreparation(options);
  const header = tokenization && shardHeaderOf(kind, tokenization, 'train');
  return {
    atOnce: 1,
    prepare: async (examples) => examples.map(prepare),
    async tokenize(batch) {
      if (!tokenization || !header) throw new Error('ingest: there is no tokenizer to tokenize with.');
      return tokenizeBatch(batch, kind, tokenization, header);
    },
    close: async () => undefined,
  };
}

function inThreads(threads: number, options: IngestOptions): RowWork {
  const { kind, cleaning, dedup, split, detectLanguage, tokenization } = options;
  const settings: RowWorkerSettings = {
    kind,
    examples: { cleaning, dedup, split, detectLanguage },
    ...(tokenization && {
      tokenization: {
        files: tokenization.tokenizer.files,
        template: tokenization.template.name,
        maxLength: tokenization.maxLength,
        header: shardHeaderOf(kind, tokenization, 'train'),
      },
    }),
  };
  const pool = new ThreadPool<WorkTask, WorkResult>(WORKER, settings, threads);
  return {
    // One in hand and one waiting for each.
    atOnce: 2 * threads,
    prepare: (examples) => pool.run({ examples }) as Promise<PreparedExample[]>,
    tokenize: (batch) => pool.run({ batch }, [batch.bytes.buffer as ArrayBuffer]) as Promise<TokenizedBatch>,
    close: () => pool.close(),
  };
}
