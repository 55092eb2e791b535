import { join } from 'node:path';
import { Piscina } from 'piscina';
import type { IngestOptions } from '../ingest/options';
import { createPreparation, type PreparedExample, type RawExample } from '../records/prepare-example';
import { shardHeaderOf } from '../shards/shard-header';
import { type Batch, type TokenizedBatch, tokenizeBatch } from '../shards/tokenize-batch';
import type { RowWorkerSettings, WorkResult, WorkTask } from './row-worker';

/** Compiled, also for specs, which run the sources: a thread takes no TypeScript. */
const WORKER = join(__dirname.replace(/src([\\/]threads)$/, 'dist$1'), 'row-worker.js');

/** A thread has one task to work on, and the next one already. */
const TASKS_PER_THREAD = 2;
/** V8 collects garbage late where it may use much memory; tasks are small, and their garbage is young. */
const resourceLimits = { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 512 };

/** The work on rows that depends on nothing but them, and is most of it. */
export interface RowWork {
  /** Batches to work on at the same time, so that no thread waits. */
  concurrency: number;
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
    concurrency: 1,
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
