import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { DatasetKind } from '../adapters/adapter';
import type { ShardHeader } from '../shards/format';
import type { Tokenization } from './options';
import { type Batch, type TokenizedBatch, tokenizeBatch } from './tokenize-batch';
import type { Answer, Task, WorkerSettings } from './tokenize-worker';

/** Tokenizes batches, several at a time where there are threads for it. */
export interface BatchTokenizer {
  /** Batches to be under way at once, so that no thread waits. */
  atOnce: number;
  tokenize(batch: Batch): Promise<TokenizedBatch>;
  close(): Promise<void>;
}

/** V8 collects late where it sees much memory; batches are small, and their rows live shortly. */
const resourceLimits = { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 512 };

/** In threads of their own, as many as the tokenization says; in this one by default. */
export function createBatchTokenizer(
  kind: DatasetKind,
  tokenization: Tokenization,
  header: ShardHeader,
): BatchTokenizer {
  const { threads = 1 } = tokenization;
  if (threads > 1) return inThreads(threads, kind, tokenization, header);
  return {
    atOnce: 1,
    tokenize: (batch) => tokenizeBatch(batch, kind, tokenization, header),
    close: async () => undefined,
  };
}

function inThreads(
  threads: number,
  kind: DatasetKind,
  { tokenizer, template, maxLength, pack }: Tokenization,
  header: ShardHeader,
): BatchTokenizer {
  const settings: WorkerSettings = {
    files: tokenizer.files,
    template: template.name,
    kind,
    maxLength,
    pack,
    header,
  };
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(join(__dirname, 'tokenize-worker.js'), {
      workerData: settings,
      resourceLimits,
    });
    return { worker, load: 0 };
  });
  return {
    // One in hand and one waiting for each.
    atOnce: 2 * threads,
    async tokenize(batch) {
      const least = workers.reduce((a, b) => (b.load < a.load ? b : a));
      least.load++;
      try {
        return await ask(least.worker, batch);
      } finally {
        least.load--;
      }
    },
    async close() {
      await Promise.all(workers.map(({ worker }) => worker.terminate()));
    },
  };
}

let asked = 0;

function ask(worker: Worker, batch: Batch): Promise<TokenizedBatch> {
  const id = ++asked;
  return new Promise((resolve, reject) => {
    const stop = () => {
      worker.off('message', answered);
      worker.off('error', failed);
      worker.off('exit', ended);
    };
    const answered = (answer: Answer) => {
      if (answer.id !== id) return;
      stop();
      if ('batch' in answer) resolve(answer.batch);
      else reject(answer.error);
    };
    const failed = (error: Error) => {
      stop();
      reject(error);
    };
    const ended = (code: number) =>
      failed(new Error(`ingest: a thread that tokenizes ended with code ${code}.`));
    worker.on('message', answered);
    worker.on('error', failed);
    worker.on('exit', ended);
    worker.postMessage({ id, batch } satisfies Task);
  });
}
