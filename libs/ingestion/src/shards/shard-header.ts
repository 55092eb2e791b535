import { type DatasetKind, type ShardHeader, type Split, tokenizerHash } from '@open-chatgpt/datasets';
import type { Tokenization } from '../ingest/options';

/** The header of all shards of a split. Held-out rows are never packed, because each is evaluated by itself. */
export function shardHeaderOf(
  kind: DatasetKind,
  { tokenizer, template, maxLength, pack = false }: Tokenization,
  split: Split,
): ShardHeader {
  return {
    kind,
    tokenIdBytes: tokenizer.vocabSize <= 2 ** 16 ? 2 : 4,
    vocabSize: tokenizer.vocabSize,
    tokenizerSha256: tokenizerHash(tokenizer),
    template: template.name,
    maxLength,
    packed: pack && split === 'train',
  };
}
