import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import type { Served } from '../models/served';
import { ActiveRequests } from './active-requests';
import { InferenceMetrics } from './inference-metrics';

/** Computes the result for one input: a vector, a score. */
export type PoolOne<Result> = (index: number) => Promise<{ result: Result; tokens: number }>;

/** Answers requests that read texts and generate none. */
@Injectable()
export class PoolingService {
  constructor(
    private readonly active: ActiveRequests,
    private readonly metrics: InferenceMetrics,
  ) {}

  /**
   * Computes one input after the other, so that requests take turns, and stops when the client disconnects. A request takes one
   * place of the queue.
   * @param describe makes the body of the response
   * @throws OpenAiError
   */
  respond<Result>(
    response: Response,
    served: Served,
    inputs: number,
    pool: PoolOne<Result>,
    describe: (results: Result[], promptTokens: number) => object,
  ): Promise<void> {
    return this.active.run(response, served, 1, async (signal) => {
      const observed = this.metrics.observe(served.name);
      const results: Result[] = [];
      let promptTokens = 0;
      try {
        for (let index = 0; index < inputs; index++) {
          signal.throwIfAborted();
          const { result, tokens } = await pool(index);
          results.push(result);
          promptTokens += tokens;
        }
        observed.onFinish(promptTokens, [{ finishReason: 'stop', tokens: [] }]);
        response.send(describe(results, promptTokens));
      } catch (error) {
        observed.onError(promptTokens, signal.aborted);
        if (!response.destroyed) throw error;
      }
    });
  }
}
