import type { Adapter } from '@open-chatgpt/models';
import type { Rng } from '@open-chatgpt/random';
import type { Generation, SamplingOptions, TokenEvent, TokenLogProb } from '../options/generate-options';
import type { SamplingContext } from '../sampling/sampler';
import type { TokenConstraint } from '../sampling/token-constraint';
import type { CachedTokens } from './prefix-cache';

export interface RowRequest {
  index: number;
  prompt: readonly number[];
  sampling: Required<SamplingOptions>;
  minNewTokens: number;
  /** The limit of the request and of the model's positions. */
  maxNewTokens: number;
  stopTokenIds: ReadonlySet<number>;
  /** Number of most probable tokens to report with each token. */
  topLogProbs: number;
  rng: Rng;
  constraint: TokenConstraint | null;
  cacheSalt?: string;
  /** Lower numbers get a row first. */
  priority: number;
  adapter?: Adapter | null;
  onToken?: (event: TokenEvent) => unknown;
  signal?: AbortSignal;
}

/** A prompt with its partial answer. */
export class Row implements SamplingContext, CachedTokens {
  readonly tokens: number[] = [];
  /** The prompt and the tokens of the answer. */
  readonly ids: number[];
  /** Tokens of the prompt whose keys and values were not computed, but copied. */
  cachedTokens = 0;
  finishReason: Generation['finishReason'] | null = null;
  /** Tokens that the next draft may have: more after right guesses, fewer after wrong ones. */
  draftLength = Number.POSITIVE_INFINITY;
  private failure: { reason: unknown } | null = null;
  private readonly logProbs: number[] = [];
  private seenTokens: Set<number> | null = null;
  private tokenCounts: Map<number, number> | null = null;

  constructor(
    readonly request: RowRequest,
    private readonly resolve: (generation: Generation) => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    this.ids = [...request.prompt];
  }

  get sampling(): Required<SamplingOptions> {
    return this.request.sampling;
  }

  get topLogProbs(): number {
    return this.request.topLogProbs;
  }

  get rng(): Rng {
    return this.request.rng;
  }

  get constraint(): TokenConstraint | null {
    return this.request.constraint;
  }

  get suppressed(): readonly number[] {
    return this.tokens.length < this.request.minNewTokens ? [...this.request.stopTokenIds] : [];
  }

  get seen(): Iterable<number> {
    this.seenTokens ??= new Set([...this.request.prompt, ...this.tokens]);
    return this.seenTokens;
  }

  get counts(): ReadonlyMap<number, number> {
    if (!this.tokenCounts) {
      this.tokenCounts = new Map();
      for (const token of this.tokens) this.count(token);
    }
    return this.tokenCounts;
  }

  /** Tokens in the cache: all but the last one, which the next step reads. */
  get cached(): number {
    return this.request.prompt.length + this.tokens.length - 1;
  }

  get salt(): string | undefined {
    return this.request.cacheSalt;
  }

  get adapter(): symbol | undefined {
    return this.request.adapter?.id;
  }

  /** The token that the next step reads. */
  get next(): number {
    return this.tokens.at(-1) ?? this.request.prompt.at(-1)!;
  }

  /** Whether it gets no further token. `settle` says so. */
  get ended(): boolean {
    return this.failed || this.finishReason !== null || this.request.signal?.aborted === true;
  }

  get failed(): boolean {
    return this.failure !== null;
  }

  /** Appends a token. An error in `onToken` fails only this row. */
  async push(token: number, logProb: number, top: readonly TokenLogProb[]): Promise<void> {
    const { index, maxNewTokens, stopTokenIds, constraint, onToken } = this.request;
    this.tokens.push(token);
    this.ids.push(token);
    this.logProbs.push(logProb);
    this.seenTokens?.add(token);
    this.count(token);
    const complete = constraint?.accept(token) ?? false;
    if (complete || stopTokenIds.has(token)) this.finishReason = 'stop';
    else if (this.tokens.length >= maxNewTokens) this.finishReason = 'length';
    try {
      const stop = onToken?.({ index, token, logProb, top });
      if (stop !== undefined && (await stop) === true) this.finishReason = 'stop';
    } catch (error) {
      this.fail(error);
    }
  }

  private count(token: number): void {
    this.tokenCounts?.set(token, (this.tokenCounts.get(token) ?? 0) + 1);
  }

  /** Marks the row as failed. `settle` rejects its promise. */
  fail(reason: unknown): void {
    this.failure ??= { reason };
  }

  /** Settles the promise of a finished, failed or aborted row. Returns false when the row continues. */
  settle(): boolean {
    const { signal } = this.request;
    if (this.failure) this.reject(this.failure.reason);
    else if (signal?.aborted) this.reject(signal.reason);
    else if (this.finishReason) {
      const logProbs = Float32Array.from(this.logProbs);
      const { tokens, finishReason, cachedTokens } = this;
      this.resolve({ tokens, logProbs, finishReason, cachedTokens });
    } else return false;
    return true;
  }
}
