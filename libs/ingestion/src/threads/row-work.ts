import { join } from 'node:path';
import { Piscina } from 'piscina';
import type { IngestOptions } from '../ingest/options';
import { createPreparation, type PreparedExample, type RawExample } from '../records/prepare-example';
import { shardHeaderOf } from '../shards/shard-header';
import { type Batch, type TokenizedBatch, tokenizeBatch } from '../shards/tokenize-batch';
import type { RowWorkerSettings, WorkResult, WorkTask } from './row-worker';

/** The compiled program, also in specs, which run the sources: a thread does not run TypeScript. */
const WORKER = join(__dirname.replace(/src([\\/]threads)$/, 'dist$1'), 'row-worker.js');

/** A thread works on one task, and has the next one in its queue. */
const TASKS_PER_THREAD = 2;
/** With much memory, V8 collects garbage late. Tasks are small, and their garbage is short-lived. */
const resourceLimits = { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 512 };

/** The work that depends on single rows, which is most of an ingestion. */
export interface RowWork {
  /** Batches to work on at the same time, so that no thread waits. */
  concurrency: number;
  prepare(examples: RawExample[]): Promise<PreparedExample[]>;
  tokenize(batch: Batch): Promise<TokenizedBatch>;
  close(): Promise<void>;
}

/** Runs the work in `threads` threads, or by default in the calling one. */
export function createRowWork(options: IngestOptions): RowWork {
  const { threads = 1 } = options;
  return threads > 1 ? inThreads(threads, options) : inThisThread(options);
}

function inThisThread(options: IngestOptions): RowWork {
  const { kind, tokenization } = options;
  const prepare = createPreparation(options);
  const header = tokenization && shardHeaderOf(kind, tokenization, 'train');
  return {
    concurrency: 1,
    prepare: async (examples) => examples.map(prepare),
    async tokenize(batch) {
      if (!tokenization || !header) throw new Error('ingest: no tokenizer is configured.');
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
  const pool = new Piscina<WorkTask, WorkResult>({
    filename: WORKER,
    workerData: settings,
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    concurrentTasksPerWorker: TASKS_PER_THREAD,
    resourceLimits,
    recordTiming: false,
  });
  return {
    concurrency: TASKS_PER_THREAD * threads,
    prepare: (examples) => pool.run({ examples }) as Promise<PreparedExample[]>,
    tokenize: (batch) =>
      pool.run({ batch }, { transferList: [batch.bytes.buffer as ArrayBuffer] }) as Promise<TokenizedBatch>,
    close: () => pool.destroy(),
  };
}
