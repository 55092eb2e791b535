import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { DatasetKind } from '../adapters/adapter';
import { type ShardHeader, type ShardIndex, shardIndex } from './format';
import { openShard, type ShardReader } from './read-shard';
import type { ShardRows } from './rows';

/** The rows of all shards of one split. */
export interface Shards<K extends DatasetKind> {
  index: ShardIndex;
  rows: number;
  row(index: number): Promise<ShardRows[K]>;
  /** `[rows]`: tokens of each row, for grouping by length. Opens every shard. */
  tokenLengths(): Promise<Uint32Array>;
  /** Reads every byte and compares the SHA-256 of each shard. Throws at the first that differs. */
  verify(): Promise<void>;
  close(): Promise<void>;
}

export const INDEX_FILE = 'index.json';

/**
 * Opens a folder of shards. Each shard is opened when its first row is read. Throws when the index is missing or wrong, or of
 * another kind, or when a shard is missing or differs in size from the index.
 */
export async function openShards<K extends DatasetKind>(folder: string, kind: K): Promise<Shards<K>> {
  const index = await readIndex(folder);
  if (index.header.kind !== kind) {
    throw new Error(
      `shards ${folder}: hold ${index.header.kind} rows; expected ${kind}. Choose another dataset.`,
    );
  }
  const ends: number[] = [];
  for (const shard of index.shards) {
    const found = await stat(join(folder, shard.file)).catch(() => null);
    if (found?.size !== shard.bytes) {
      throw new Error(
        `shard ${join(folder, shard.file)}: ${found ? `${found.size} bytes` : 'no such file'}, the index says ` +
          `${shard.bytes} bytes. Fetch or ingest the dataset again.`,
      );
    }
    ends.push((ends.at(-1) ?? 0) + shard.rows);
  }
  const open = new Map<number, Promise<ShardReader>>();
  const reader = (shard: number): Promise<ShardReader> => {
    const known = open.get(shard);
    if (known) return known;
    const opening = openChecked(folder, index, shard);
    open.set(shard, opening);
    opening.catch(() => open.delete(shard));
    return opening;
  };

  return {
    index,
    rows: index.rows,
    async row(row) {
      const shard = ends.findIndex((end) => row < end);
      if (!Number.isInteger(row) || row < 0 || shard === -1)
        throw new Error(`shards ${folder}: row ${row} does not exist; expected 0 to ${index.rows - 1}.`);
      const start = shard === 0 ? 0 : ends[shard - 1];
      return (await (await reader(shard)).row(row - start)) as ShardRows[K];
    },
    async tokenLengths() {
      const lengths = new Uint32Array(index.rows);
      for (let shard = 0, at = 0; shard < index.shards.length; at = ends[shard++])
        lengths.set((await reader(shard)).tokenLengths, at);
      return lengths;
    },
    async verify() {
      for (const { file, sha256 } of index.shards) {
        const hash = createHash('sha256');
        for await (const chunk of createReadStream(join(folder, file))) hash.update(chunk);
        const found = hash.digest('hex');
        if (found !== sha256) {
          throw new Error(
            `shard ${join(folder, file)}: sha256 is ${found}, the index says ${sha256}. It was altered; fetch it again.`,
          );
        }
      }
    },
    async close() {
      for (const opened of open.values()) await (await opened).close();
      open.clear();
    },
  };
}

async function readIndex(folder: string): Promise<ShardIndex> {
  const path = join(folder, INDEX_FILE);
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(`shards ${folder}: no ${INDEX_FILE}; expected a folder that ingestion wrote.`);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: no JSON (${(error as Error).message}); fetch or ingest the dataset again.`);
  }
  const parsed = shardIndex.safeParse(value);
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  const rows = parsed.data.shards.reduce((sum, shard) => sum + shard.rows, 0);
  if (rows !== parsed.data.rows)
    throw new Error(`${path}: says ${parsed.data.rows} rows, its shards have ${rows}; it is damaged.`);
  return parsed.data;
}

/** Opens a shard. Throws when its header differs from the index. */
async function openChecked(folder: string, index: ShardIndex, shard: number): Promise<ShardReader> {
  const { file, rows } = index.shards[shard];
  const reader = await openShard(join(folder, file));
  const differs = (Object.keys(index.header) as (keyof ShardHeader)[]).find(
    (field) => reader.header[field] !== index.header[field],
  );
  if (!differs && reader.tokenLengths.length === rows) return reader;
  await reader.close();
  throw new Error(
    `shard ${join(folder, file)}: its ${differs ?? 'row count'} is not what ${INDEX_FILE} says; it belongs to another dataset.`,
  );
}
