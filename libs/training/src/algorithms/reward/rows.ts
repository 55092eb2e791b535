import {
  type PreferenceExample,
  pairLength,
  type RowSource,
  rowsInMemory,
  type TokenizedPreference,
  tokenizeAll,
  tokenizedPairs,
  tokenizePreference,
} from '@open-chatgpt/datasets';
import type { StageSettings } from '@open-chatgpt/pipeline';
import type { ModelDescription } from '../../pipeline/base-model';
import { loadExamples, loadHeldOut } from '../../pipeline/data';
import { ingestedDataset, isHeldOut } from '../../pipeline/ingested-dataset';

export interface RewardRows {
  /** Closed by whoever asked for them. */
  train: RowSource<TokenizedPreference>;
  evaluation: TokenizedPreference[];
  /** The pairs of `evaluation`, for people to read. */
  heldOut: PreferenceExample[];
  /** Rows left out, by reason. */
  dropped: Record<string, number>;
}

/**
 * What the stage trains on and is measured with. Pairs that ingestion has tokenized for this tokenizer, template and length
 * are read from their shards; all others are tokenized here and held in memory. The numbers are the same.
 */
export async function rewardRows(
  base: ModelDescription,
  config: StageSettings<'reward'>,
): Promise<RewardRows> {
  const ingested = await ingestedRows(base, config);
  if (ingested) return ingested;
  const data = await loadExamples(config.dataset, 'preference', config.seed);
  const train = await tokenize(data.train, base, config);
  return {
    train: rowsInMemory(train.items, pairLength),
    ...(await heldOutRows(data.evaluation, base, config)),
    dropped: { ...data.dropped, ...train.dropped },
  };
}

/** Null where the pairs must be tokenized here. */
async function ingestedRows(
  base: ModelDescription,
  config: StageSettings<'reward'>,
): Promise<RewardRows | null> {
  const dataset = await ingestedDataset(config.dataset);
  const train = dataset && (await tokenizedPairs(dataset, { ...base, maxLength: config.maxLength }));
  if (!train) return null;
  const examples = isHeldOut(dataset) ? await loadHeldOut(config.dataset, 'preference', config.seed) : [];
  return { train, ...(await heldOutRows(examples, base, config)), dropped: {} };
}

async function heldOutRows(
  examples: readonly PreferenceExample[],
  base: ModelDescription,
  config: StageSettings<'reward'>,
): Promise<Pick<RewardRows, 'evaluation' | 'heldOut'>> {
  const { items, sources } = await tokenize(examples, base, config);
  return { evaluation: items, heldOut: sources.map((source) => examples[source]) };
}

function tokenize(
  examples: readonly PreferenceExample[],
  { tokenizer, template }: ModelDescription,
  config: StageSettings<'reward'>,
) {
  return tokenizeAll(examples, (example) => tokenizePreference(example, tokenizer, template, config));
}
