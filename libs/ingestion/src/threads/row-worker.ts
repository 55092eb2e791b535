import { type Transferable as Passed, parentPort, workerData } from 'node:worker_threads';
import type { DatasetKind, ShardHeader } from '@open-chatgpt/datasets';
import {
  type ChatTemplateName,
  chatTemplate,
  loadTokenizer,
  type TokenizerFiles,
} from '@open-chatgpt/tokenizer';
import {
  createPreparation,
  type ExampleSettings,
  type PreparedExample,
  type RawExample,
} from '../records/prepare-example';
import { type Batch, type TokenizedBatch, tokenizeBatch } from '../shards/tokenize-batch';
import { intoOneBuffer } from './into-one-buffer';
import type { Answer, Question } from './thread-pool';

/** What a thread needs to do its part of an ingestion. */
export interface RowWorkerSettings {
  kind: DatasetKind;
  examples: ExampleSettings;
  tokenization?: {
    files: TokenizerFiles;
    /** A name that `chatTemplate` knows. */
    template: string;
    maxLength: number;
    header: ShardHeader;
  };
}

export type WorkTask = { examples: RawExample[] } | { batch: Batch };
export type WorkResult = PreparedExample[] | TokenizedBatch;

/** One of the threads of `createRowWork`: answers each task, in the order in which they come. */
function serve({ kind, examples: settings, tokenization }: RowWorkerSettings): void {
  const prepare = createPreparation(settings);
  const tokenizing = tokenization && openTokenization(kind, tokenization);
  const carryOut = async (task: WorkTask): Promise<[WorkResult, Passed[]]> => {
    if ('examples' in task) return intoOneBuffer(task.examples.map(prepare));
    if (!tokenizing) throw new Error('ingest: there is no tokenizer to tokenize with.');
    const batch = await (await tokenizing)(task.batch);
    const { buffer } = batch.bytes;
    return [batch, batch.bytes.byteLength === buffer.byteLength ? [buffer as ArrayBuffer] : []];
  };
  let last = Promise.resolve();
  parentPort?.on('message', ({ id, task }: Question<WorkTask>) => {
    last = last.then(async () => {
      try {
        const [result, passed] = await carryOut(task);
        parentPort?.postMessage({ id, result } satisfies Answer<WorkResult>, passed);
      } catch (error) {
        parentPort?.postMessage({ id, error: error as Error } satisfies Answer<WorkResult>);
      }
    });
  });
}

async function openTokenization(
  kind: DatasetKind,
  { files, template: name, maxLength, header }: NonNullable<RowWorkerSettings['tokenization']>,
): Promise<(batch: Batch) => Promise<TokenizedBatch>> {
  const tokenizer = await loadTokenizer(files);
  const template = chatTemplate(name as ChatTemplateName, tokenizer);
  return (batch) => tokenizeBatch(batch, kind, { tokenizer, template, maxLength }, header);
}

serve(workerData as RowWorkerSettings);
