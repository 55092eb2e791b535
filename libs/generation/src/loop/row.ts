import type { Rng } from '@open-chatgpt/random';
import type { Generation, SamplingOptions, TokenEvent } from '../options/generate-options';
import type { Choice } from '../sampling/sampler';

export interface RowRequest {
  index: number;
  prompt: readonly number[];
  sampling: Required<SamplingOptions>;
  minNewTokens: number;
  /** At most this many, by the request and by the model's positions. */
  maxNewTokens: number;
  stopTokenIds: ReadonlySet<number>;
  rng: Rng;
  onToken?: (event: TokenEvent) => unknown;
  signal?: AbortSignal;
}

/** One prompt with its answer so far. */
export class Row implements Choice {
  readonly tokens: number[] = [];
  finishReason: Generation['finishReason'] | null = null;
  private readonly logProbs: number[] = [];
  private seenTokens: Set<number> | null = null;

  constructor(
    readonly request: RowRequest,
    readonly resolve: (generation: Generation) => void,
    readonly reject: (reason: unknown) => void,
  ) {}

  get sampling(): Required<SamplingOptions> {
    return this.request.sampling;
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

  /** Tokens in the cache: all but the last, which the next step reads. */
  get cached(): number {
    return this.request.prompt.length + this.tokens.length - 1;
  }

  get aborted(): boolean {
    return this.request.signal?.aborted ?? false;
  }

  async push(token: number, logProb: number): Promise<void> {
    const { index, maxNewTokens, stopTokenIds, onToken } = this.request;
    this.tokens.push(token);
    this.logProbs.push(logProb);
    this.seenTokens?.add(token);
    if (stopTokenIds.has(token)) this.finishReason = 'stop';
    else if (this.tokens.length >= maxNewTokens) this.finishReason = 'length';
    const answer = onToken?.({ index, token, logProb });
    if (answer === undefined) return;
    if ((await answer) === true) this.finishReason = 'stop';
  }

  finish(): void {
    this.resolve({
      tokens: this.tokens,
      logProbs: Float32Array.from(this.logProbs),
      finishReason: this.finishReason!,
    });
  }
}
