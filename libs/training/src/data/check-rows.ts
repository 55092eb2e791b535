import type { RowSource, ShardRow } from '@open-chatgpt/datasets';
import { familyOf, type ModelConfig } from '@open-chatgpt/models';
import type { Tokenizer } from '@open-chatgpt/tokenizer';

/** Rows that are read together into memory. */
const CHUNK = 1024;

/** What the rows of a stage are compared with. */
export interface RowLimits {
  config: ModelConfig;
  tokenizer: Pick<Tokenizer, 'vocabSize' | 'idToToken'>;
  /** The dataset, for messages. */
  path: string;
  /** The setting that limits the length of a row, with its value. */
  setting: { name: string; value: number };
  /** Tokens that are generated after a row. */
  answerLength?: number;
  packed: boolean;
}

/**
 * Checks that every token of the rows has an embedding and every place a position, before anything is computed.
 *
 * @returns warnings about lengths that the model was not made for, and can compute
 * @throws Error that names the dataset, the token or the length, and the limit of the model
 */
export async function checkRows(
  train: RowSource<ShardRow>,
  evaluation: readonly ShardRow[],
  limits: RowLimits,
): Promise<string[]> {
  const { config, tokenizer, packed } = limits;
  const beyond = tokenizer.vocabSize > config.vocabSize;
  const longest: Longest = { tokens: 0 };
  for (const row of evaluation) look(row, limits, longest);
  if (beyond || packed) {
    for (let start = 0; start < train.size; start += CHUNK) {
      const count = Math.min(CHUNK, train.size - start);
      const rows = await train.rows(Array.from({ length: count }, (_, i) => start + i));
      for (const row of rows) look(row, limits, longest);
    }
  } else for (let i = 0; i < train.size; i++) longest.tokens = Math.max(longest.tokens, train.lengths[i]);
  return checkLength(longest.tokens, limits);
}

interface Longest {
  tokens: number;
}

function look(row: ShardRow, limits: RowLimits, longest: Longest): void {
  for (const ids of idsOf(row)) checkIds(ids, limits, row);
  // A packed row has several documents, whose positions begin at 0.
  const tokens =
    'positionIds' in row
      ? row.positionIds.reduce((most, position) => Math.max(most, position + 1), 0)
      : Math.max(...idsOf(row).map((ids) => ids.length));
  longest.tokens = Math.max(longest.tokens, tokens);
}

function idsOf(row: ShardRow): Int32Array[] {
  return 'chosenIds' in row ? [row.chosenIds, row.rejectedIds] : [row.inputIds];
}

function checkIds(ids: Int32Array, { config, tokenizer, path }: RowLimits, row: ShardRow): void {
  const id = ids.find((token) => token >= config.vocabSize);
  if (id === undefined) return;
  const record = ('sources' in row ? row.sources[0] : row.source) + 1;
  throw new Error(
    `dataset ${path}: example ${record} contains the token ${JSON.stringify(tokenizer.idToToken(id))} (id ${id} of ` +
      `tokenizer.json), but the embeddings of the model have ${config.vocabSize} rows (vocab_size in config.json). Remove the ` +
      'token from the text or from the template, or take a model that has it.',
  );
}

function checkLength(longest: number, { config, path, setting, answerLength = 0 }: RowLimits): string[] {
  const positions = config.maxPositionEmbeddings;
  const field = config.family === 'gpt2' ? 'n_positions' : 'max_position_embeddings';
  const limit = `the model has ${positions} positions (${field} in config.json)`;
  const room = answerLength > 0 ? positions - 1 : positions;
  if (longest > room && (answerLength > 0 || !familyOf(config).rotary))
    throw new Error(
      `dataset ${path}: the longest ${answerLength > 0 ? 'prompt' : 'row'} has ${longest} tokens, ${limit}. ` +
        `Set ${setting.name} (now ${setting.value}) to ${Math.max(room - Math.max(answerLength - 1, 0), 1)} or less, or take a model with more positions.`,
    );
  if (longest > positions)
    return [
      `dataset ${path}: the longest row has ${longest} tokens, ${limit}; rotary positions go on beyond them, but the model was ` +
        'not trained there',
    ];
  if (longest + answerLength > positions)
    return [
      `dataset ${path}: after the longest prompt of ${longest} tokens there is room for ${positions - longest} of the ` +
        `${answerLength} tokens of responseLength: ${limit}; longer answers are cut off`,
    ];
  return [];
}
