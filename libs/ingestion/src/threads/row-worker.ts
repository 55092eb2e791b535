import type { Transferable as Passed } from 'node:worker_threads';
import type { DatasetKind, ShardHeader } from '@open-chatgpt/datasets';
import {
  type ChatTemplateName,
  chatTemplate,
  loadTokenizer,
  type TokenizerFiles,
} from '@open-chatgpt/tokenizer';
import { move, transferableSymbol, valueSymbol, workerData } from 'piscina';
import {
  createPreparation,
  type ExampleSettings,
  type PreparedExample,
  type RawExample,
} from '../records/prepare-example';
import { type Batch, type TokenizedBatch, tokenizeBatch } from '../shards/tokenize-batch';
import { intoOneBuffer } from './into-one-buffer';

/** The settings of a thread. */
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

const { kind, examples: settings, tokenization } = workerData as RowWorkerSettings;
const prepare = createPreparation(settings);
const tokenizing = tokenization && openTokenization(kind, tokenization);

/** Runs one task of `createRowWork`, in a thread. */
export default async function runTask(task: WorkTask): Promise<unknown> {
  if ('examples' in task) return moved(...intoOneBuffer(task.examples.map(prepare)));
  if (!tokenizing) throw new Error('ingest: no tokenizer is configured.');
  const batch = await (await tokenizing)(task.batch);
  const { buffer } = batch.bytes;
  return moved(batch, batch.bytes.byteLength === buffer.byteLength ? [buffer as ArrayBuffer] : []);
}

/** The result; its buffers are transferred to the other thread, not copied. */
function moved(result: object, buffers: Passed[]): unknown {
  return move({ [transferableSymbol]: buffers, [valueSymbol]: result } as never);
}

async function openTokenization(
  kind: DatasetKind,
  { files, template: name, maxLength, header }: NonNullable<RowWorkerSettings['tokenization']>,
): Promise<(batch: Batch) => Promise<TokenizedBatch>> {
  const tokenizer = await loadTokenizer(files);
  const template = chatTemplate(name as ChatTemplateName, tokenizer);
  return (batch) => tokenizeBatch(batch, kind, { tokenizer, template, maxLength }, header);
}
