import type { Adapter, ModelConfig } from '@open-chatgpt/models';
import type { RowAdapters } from '../adapters/adapter-stack';
import type { Head } from './head';

/** A model compiled for generation by one engine. Stateless: caches and buffers belong to its workspaces. */
export interface Decoder {
  readonly config: ModelConfig;
  createWorkspace(): Workspace;
}

/** Keys and values of a row apart from the rows of a workspace, which made it. */
export interface KeptRow {
  /** Frees the memory. */
  release(): void;
}

/** The memory of a decoder: rows of tokens with their keys and values, and buffers of vocabulary size. */
export interface Workspace {
  /** Size of the key-value cache. */
  readonly kvCacheBytes: number;
  /** Whether there is room for `rows` rows of `length` tokens. */
  holds(rows: number, length: number): boolean;
  /**
   * Reserves `rows` rows of `length` tokens. Never shrinks.
   * @param live number of tokens in each of the rows 0 … live.length − 1, which are kept
   */
  reserve(rows: number, length: number, live?: readonly number[]): void;
  /** Prepares the adapters of all rows in use, for the runs until the next call. */
  useAdapters(adapters: ReadonlySet<Adapter>): void;
  /**
   * Prefills rows first, first + 1, … with prompts, and writes the logits after them to `head(prompts.length)`. No row after
   * them is in use.
   * @param past for a single prompt: the number of its tokens in the cache already
   * @param adapters of the rows; by default none
   */
  prefill(
    first: number,
    prompts: readonly (readonly number[])[],
    past?: number,
    adapters?: RowAdapters,
  ): Promise<void>;
  /**
   * Appends a token to each of the first rows, and writes the logits after it to `head(tokens.length)`.
   * @param pasts number of tokens of each row in the cache
   * @param adapters of the rows; by default none
   */
  decode(tokens: readonly number[], pasts: readonly number[], adapters?: RowAdapters): Promise<void>;
  /**
   * Appends tokens to one row, and writes the logits after each of them.
   * @param past number of tokens of the row in the cache
   * @returns the head that has the logits, for as many rows as there are tokens
   */
  verify(row: number, tokens: readonly number[], past: number, adapters?: RowAdapters): Promise<Head>;
  /** Copies the first `tokens` tokens of a row over another row. */
  copyRow(from: number, to: number, tokens: number): void;
  /** Copies the keys and values of the first `tokens` tokens of a row into memory apart from the rows. */
  keep(row: number, tokens: number): KeptRow;
  /** Size of the memory that `keep` takes. */
  keptBytes(tokens: number): number;
  /** Copies the first `tokens` tokens of a kept row over a row. */
  restore(kept: KeptRow, to: number, tokens: number): void;
  /** The head for `rows` rows. It may have more rows, whose contents mean nothing. All heads share their buffers. */
  head(rows: number): Head;
}
