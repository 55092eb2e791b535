import { z } from 'zod';

/**
 * A shard, little-endian:
 *
 *   magic "OCGSHARD" | version u32 | header length u32 | header (JSON, UTF-8) | rows … | table | footer
 *
 * The table has two u32 for each row: its offset from the end of the header, and its tokens. The footer is the row count u32, the
 * offset of the table in the file u64, the version u32 and the magic again: a truncated shard has no footer.
 */
export const MAGIC = 'OCGSHARD';
export const VERSION = 1;
export const PREFIX_BYTES = 16;
export const TABLE_ENTRY_BYTES = 8;
export const FOOTER_BYTES = 24;
/** Row starts are u32. */
export const MAX_ROW_BYTES = 2 ** 32 - 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');

/** The properties that all rows of a shard share. */
export const shardHeader = z.strictObject({
  kind: z.enum(['supervised', 'preference', 'unpaired', 'prompts']),
  /** 2 where every id of the tokenizer fits, otherwise 4. */
  tokenIdBytes: z.union([z.literal(2), z.literal(4)]),
  /** Ids are below this. */
  vocabSize: z.int().min(1),
  tokenizerSha256: sha256,
  template: z.string().min(1),
  maxLength: z.int().min(1),
  /** Several documents in one row. */
  packed: z.boolean(),
});

export type ShardHeader = z.output<typeof shardHeader>;

const count = z.int().min(0);

/** `index.json` beside the shards: their properties, and the rows and the hash of each. */
export const shardIndex = z.strictObject({
  format: z.literal('open-chatgpt-shards'),
  version: z.literal(VERSION),
  header: shardHeader,
  rows: count,
  documents: count,
  tokens: count,
  shards: z.array(
    z.strictObject({
      file: z.string().regex(/^[\w-]+\.shard$/, 'expected a file name, as 00000.shard'),
      bytes: count,
      rows: z.int().min(1),
      documents: count,
      tokens: count,
      sha256,
    }),
  ),
});

export type ShardIndex = z.output<typeof shardIndex>;
export type ShardEntry = ShardIndex['shards'][number];
