import {
  packSequences,
  type RowSource,
  rowsInMemory,
  type SupervisedExample,
  type TokenizedSupervised,
  tokenizeAll,
  tokenizedRows,
  tokenizeSupervised,
  type UnpaddedRow,
} from '@open-chatgpt/datasets';
import type { StageSettings } from '@open-chatgpt/pipeline';
import type { ModelDescription } from '../../pipeline/base-model';
import { loadExamples, loadHeldOut } from '../../pipeline/data';
import { ingestedDataset, isHeldOut } from '../../pipeline/ingested-dataset';

export interface SftRows {
  /** Closed by whoever asked for them. */
  train: RowSource<UnpaddedRow>;
  evaluation: TokenizedSupervised[];
  /** Rows left out, by reason. */
  dropped: Record<string, number>;
}

/**
 * What the stage trains on and is measured with. Rows that ingestion has tokenized for this tokenizer, template, length and packing
 * are read from their shards; all others are tokenized here and held in memory. The numbers are the same, but for packed rows: ingestion packs
 * batch by batch, and so other documents share a row.
 */
export async function sftRows(base: ModelDescription, config: StageSettings<'sft'>): Promise<SftRows> {
  const ingested = await ingestedRows(base, config);
  if (ingested) return ingested;
  const { train, evaluation, dropped } = await tokenizeSft(base, config);
  const rows: readonly UnpaddedRow[] = config.packing
    ? packSequences(train.items, config.maxLength)
    : train.items;
  return {
    train: rowsInMemory(rows, ({ inputIds }) => inputIds.length),
    evaluation: evaluation.items,
    dropped,
  };
}

/** The examples of the stage as tokens, and what was left out. */
export async function tokenizeSft(base: ModelDescription, config: StageSettings<'sft'>) {
  const data = await loadExamples(config.dataset, 'supervised', config.seed);
  const train = await tokenize(data.train, base, config);
  const evaluation = await tokenize(data.evaluation, base, config);
  return { train, evaluation, dropped: { ...data.dropped, ...train.dropped } };
}

function tokenize(
  examples: readonly SupervisedExample[],
  { tokenizer, template }: ModelDescription,
  config: StageSettings<'sft'>,
) {
  return tokenizeAll(examples, (example) => tokenizeSupervised(example, tokenizer, template, config));
}

/** Null where the rows must be tokenized here. */
async function ingestedRows(base: ModelDescription, config: StageSettings<'sft'>): Promise<SftRows | null> {
  const dataset = await ingestedDataset(config.dataset);
  const train = dataset && (await tokenizedRows(dataset, { ...base, ...config }));
  if (!train) return null;
  const examples = isHeldOut(dataset) ? await loadHeldOut(config.dataset, 'supervised', config.seed) : [];
  const evaluation = await tokenize(examples, base, config);
  return { train, evaluation: evaluation.items, dropped: {} };
}
