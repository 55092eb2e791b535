import type { KeptRow, Workspace } from '../decoder/decoder';
import type { RowRequest } from './row';

/** Copies of fewer tokens save nothing. */
const LEAST_TOKENS = 16;
/** A prompt with a copied beginning is prefilled alone, not in a group: that pays for this many tokens, or half of the prompt. */
const MANY_TOKENS = 256;

/** Tokens that are in a cache. */
export interface CachedTokens {
  readonly ids: readonly number[];
  /** Number of tokens, from the first, that have keys and values. */
  readonly cached: number;
  /** Only requests with the same salt share keys and values. */
  readonly salt: string | undefined;
  /** The id of the adapter that computed them: others compute other keys and values. */
  readonly adapter?: symbol;
}

/** The beginning of a prompt whose keys and values are computed already. */
export interface Prefix<S extends CachedTokens> {
  source: S;
  tokens: number;
}

/** The longest beginning of a prompt, without its last token, that one of `sources` has; null where a copy does not pay. */
export function longestPrefix<S extends CachedTokens>(
  { prompt, cacheSalt, adapter }: Pick<RowRequest, 'prompt' | 'cacheSalt' | 'adapter'>,
  sources: Iterable<S>,
): Prefix<S> | null {
  let best: Prefix<S> | null = null;
  const enough = Math.max(LEAST_TOKENS, Math.min(MANY_TOKENS, prompt.length / 2));
  for (const source of sources) {
    if (source.salt !== cacheSalt || source.adapter !== adapter?.id) continue;
    const tokens = commonLength(prompt, source.ids, Math.min(source.cached, prompt.length - 1));
    if (tokens >= enough && tokens > (best?.tokens ?? 0)) best = { source, tokens };
  }
  return best;
}

/** The tokens of a finished row, and a copy of their keys and values. */
export interface KeptTokens extends CachedTokens {
  readonly row: KeptRow;
}

/** Keys and values of finished rows within a bound of memory. The least recently used row is dropped first. */
export class PrefixCache {
  /** In the order of their last use. */
  private readonly rows = new Set<KeptTokens>();
  bytes = 0;

  constructor(
    private readonly workspace: Workspace,
    private readonly maxBytes: number,
  ) {}

  get all(): Iterable<KeptTokens> {
    return this.rows;
  }

  /** Copies a row of the workspace. It replaces kept rows that are a beginning of it. */
  keep({ ids, cached, salt, adapter }: CachedTokens, index: number): void {
    const size = this.workspace.keptBytes(cached);
    if (cached < LEAST_TOKENS || size > this.maxBytes) return;
    for (const one of this.rows) {
      if (one.salt !== salt || one.adapter !== adapter) continue;
      const common = commonLength(ids, one.ids, Math.min(cached, one.cached));
      if (common === cached) {
        this.touch(one);
        return;
      }
      if (common === one.cached) this.drop(one);
    }
    for (const oldest of this.rows) {
      if (this.bytes + size <= this.maxBytes) break;
      this.drop(oldest);
    }
    this.rows.add({ ids, cached, salt, adapter, row: this.workspace.keep(index, cached) });
    this.bytes += size;
  }

  /** Copies the first tokens of a kept row to a row of the workspace. */
  restore(kept: KeptTokens, to: number, tokens: number): void {
    this.touch(kept);
    this.workspace.restore(kept.row, to, tokens);
  }

  private touch(kept: KeptTokens): void {
    this.rows.delete(kept);
    this.rows.add(kept);
  }

  private drop(kept: KeptTokens): void {
    this.rows.delete(kept);
    this.bytes -= this.workspace.keptBytes(kept.cached);
    kept.row.release();
  }
}

/** The number of first tokens that are equal, at most `most`. */
function commonLength(a: readonly number[], b: readonly number[], most: number): number {
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}
