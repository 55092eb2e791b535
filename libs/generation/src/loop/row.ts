import type { Rng } from '@open-chatgpt/random';
import type { Generation, SamplingOptions, TokenEvent, TokenLogProb } from '../options/generate-options';
import type { Choice } from '../sampling/sampler';

export interface RowRequest {
  index: number;
  prompt: readonly number[];
  sampling: Required<SamplingOptions>;
  minNewTokens: number;
  /** At most this many, by the request and by the model's positions. */
  maxNewTokens: number;
  stopTokenIds: ReadonlySet<number>;
  /** How many of the likeliest tokens are told with each. */
  topLogProbs: number;
  rng: Rng;
  onToken?: (event: TokenEvent) => unknown;
  signal?: AbortSignal;
}

/** One prompt with its answer so far. */
export class Row implements Choice {
  readonly tokens: number[] = [];
  finishReason: Generation['finishReason'] | null = null;
  private failure: { reason: unknown } | null = null;
  private readonly logProbs: number[] = [];
  private seenTokens: Set<number> | null = null;
  private tokenCounts: Map<number, number> | null = null;

  constructor(
    readonly request: RowRequest,
    private readonly resolve: (generation: Generation) => void,
    private readonly reject: (reason: unknown) => void,
  ) {}

  get sampling(): Required<SamplingOptions> {
    return this.request.sampling;
  }

  get topLogProbs(): number {
    return this.request.topLogProbs;
  }

  get rng(): Rng {
    return this.request.rng;
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

  /** Tokens in the cache: all but the last, which the next step reads. */
  get cached(): number {
    return this.request.prompt.length + this.tokens.length - 1;
  }

  /** What `onToken` throws ends this row alone. */
  async push(token: number, logProb: number, top: readonly TokenLogProb[]): Promise<void> {
    const { index, maxNewTokens, stopTokenIds, onToken } = this.request;
    this.tokens.push(token);
    this.logProbs.push(logProb);
    this.seenTokens?.add(token);
    this.count(token);
    if (stopTokenIds.has(token)) this.finishReason = 'stop';
    else if (this.tokens.length >= maxNewTokens) this.finishReason = 'length';
    try {
      const answer = onToken?.({ index, token, logProb, top });
      if (answer !== undefined && (await answer) === true) this.finishReason = 'stop';
    } catch (error) {
      this.fail(error);
    }
  }

  private count(token: number): void {
    this.tokenCounts?.set(token, (this.tokenCounts.get(token) ?? 0) + 1);
  }

  /** Marks the row to be rejected when it is next asked whether it is over. */
  fail(reason: unknown): void {
    this.failure ??= { reason };
  }

  /** Settles the promise of a row that has ended, failed or was aborted; false where it goes on. */
  settle(): boolean {
    const { signal } = this.request;
    if (this.failure) this.reject(this.failure.reason);
    else if (signal?.aborted) this.reject(signal.reason);
    else if (this.finishReason) {
      const logProbs = Float32Array.from(this.logProbs);
      this.resolve({ tokens: this.tokens, logProbs, finishReason: this.finishReason });
    } else return false;
    return true;
  }
}
