import { parentPort, workerData } from 'node:worker_threads';
import {
  type ChatTemplateName,
  chatTemplate,
  loadTokenizer,
  type TokenizerFiles,
} from '@open-chatgpt/tokenizer';
import type { DatasetKind } from '../adapters/adapter';
import type { ShardHeader } from '../shards/format';
import { type Batch, type TokenizedBatch, tokenizeBatch } from './tokenize-batch';

/** What a thread needs to make a tokenizer of its own. */
export interface WorkerSettings {
  files: TokenizerFiles;
  /** A name that `chatTemplate` knows. */
  template: string;
  kind: DatasetKind;
  maxLength: number;
  pack?: boolean;
  header: ShardHeader;
}

export interface Task {
  id: number;
  batch: Batch;
}

export type Answer = { id: number } & ({ batch: TokenizedBatch } | { error: Error });

/** One of the threads of `createBatchTokenizer`: answers each batch, in the order in which they come. */
async function serve({
  files,
  template: name,
  kind,
  maxLength,
  pack,
  header,
}: WorkerSettings): Promise<void> {
  const tokenizer = await loadTokenizer(files);
  const template = chatTemplate(name as ChatTemplateName, tokenizer);
  let last = Promise.resolve();
  parentPort?.on('message', ({ id, batch }: Task) => {
    last = last.then(async () => {
      try {
        const done = await tokenizeBatch(batch, kind, { tokenizer, template, maxLength, pack }, header);
        const { buffer } = done.bytes;
        const owned = done.bytes.byteLength === buffer.byteLength ? [buffer as ArrayBuffer] : [];
        parentPort?.postMessage({ id, batch: done } satisfies Answer, owned);
      } catch (error) {
        parentPort?.postMessage({ id, error: error as Error } satisfies Answer);
      }
    });
  });
}

void serve(workerData as WorkerSettings);
