import { type DatasetKind, type ShardHeader, tokenizerHash } from '@open-chatgpt/datasets';
import type { Tokenization } from '../ingest/options';

/** What all shards of an ingestion have in common. */
export function shardHeaderOf(
  kind: DatasetKind,
  { tokenizer, template, maxLength, pack = false }: Tokenization,
): ShardHeader {
  return {
    kind,
    tokenIdBytes: tokenizer.vocabSize <= 2 ** 16 ? 2 : 4,
    vocabSize: tokenizer.vocabSize,
    tokenizerSha256: tokenizerHash(tokenizer),
    template: template.name,
    maxLength,
    packed: pack,
  };
}
