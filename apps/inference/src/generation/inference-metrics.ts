import { Injectable } from '@nestjs/common';
import type { TextGeneration } from '@open-chatgpt/generation';
import { MetricsService } from '@open-chatgpt/service';

/** Seconds. */
const TOKEN_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5];
const REQUEST_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** Callbacks that measure one request. */
export interface ObservedRequest {
  onToken(index: number): void;
  onPrefixes(generations: readonly Pick<TextGeneration, 'promptTokens' | 'cachedTokens'>[]): void;
  onFinish(
    promptTokens: number,
    generations: readonly Pick<TextGeneration, 'finishReason' | 'tokens'>[],
  ): void;
  onError(promptTokens: number, aborted: boolean): void;
}

/** Metrics by vLLM's names, for dashboards and autoscalers made for vLLM. */
@Injectable()
export class InferenceMetrics {
  private readonly firstToken;
  private readonly nextToken;
  private readonly whole;
  private readonly promptTokens;
  private readonly generatedTokens;
  private readonly prefixQueries;
  private readonly prefixHits;
  private readonly finished;

  constructor(metrics: MetricsService) {
    const label = ['model_name'] as const;
    this.firstToken = metrics.histogram(
      'vllm:time_to_first_token_seconds',
      'Time from the request to its first token.',
      label,
      REQUEST_BUCKETS,
    );
    this.nextToken = metrics.histogram(
      'vllm:inter_token_latency_seconds',
      'Time from one token of a completion to the next.',
      label,
      TOKEN_BUCKETS,
    );
    this.whole = metrics.histogram(
      'vllm:e2e_request_latency_seconds',
      'Time from the request to its end.',
      label,
      REQUEST_BUCKETS,
    );
    this.promptTokens = metrics.counter('vllm:prompt_tokens_total', 'Prompt tokens.', label);
    this.generatedTokens = metrics.counter('vllm:generation_tokens_total', 'Generated tokens.', label);
    this.prefixQueries = metrics.counter(
      'vllm:prefix_cache_queries_total',
      'Prompt tokens of completions, whose keys and values may be in the cache.',
      label,
    );
    this.prefixHits = metrics.counter(
      'vllm:prefix_cache_hits_total',
      'Prompt tokens whose keys and values were in the cache.',
      label,
    );
    this.finished = metrics.counter(
      'vllm:request_success_total',
      'Completions by finish reason: stop, length, abort (the client disconnected, its deadline passed or the server stopped) or error.',
      ['model_name', 'finished_reason'] as const,
    );
  }

  observe(model: string): ObservedRequest {
    const label = { model_name: model };
    const start = performance.now();
    const since = (before: number) => (performance.now() - before) / 1000;
    const latest = new Map<number, number>();
    let counted = 0;
    return {
      onToken: (index) => {
        const before = latest.get(index);
        if (before !== undefined) this.nextToken.observe(label, since(before));
        else if (latest.size === 0) this.firstToken.observe(label, since(start));
        latest.set(index, performance.now());
        this.generatedTokens.inc(label);
        counted++;
      },
      onPrefixes: (generations) => {
        for (const { promptTokens, cachedTokens } of generations) {
          this.prefixQueries.inc(label, promptTokens);
          this.prefixHits.inc(label, cachedTokens);
        }
      },
      onFinish: (promptTokens, generations) => {
        this.promptTokens.inc(label, promptTokens);
        this.whole.observe(label, since(start));
        // Beam search says at its end which tokens it has chosen.
        const tokens = generations.reduce((sum, { tokens }) => sum + tokens.length, 0);
        this.generatedTokens.inc(label, tokens - counted);
        for (const { finishReason } of generations)
          this.finished.inc({ ...label, finished_reason: finishReason });
      },
      onError: (promptTokens, aborted) => {
        this.promptTokens.inc(label, promptTokens);
        this.finished.inc({ ...label, finished_reason: aborted ? 'abort' : 'error' });
      },
    };
  }
}
