/** What is done to a resource: the verbs of the API server, with `apply` apart from other patches. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'apply' | 'delete';

/** Where the client reports its calls; an operator implements it with its registry, a benchmark with a counter. */
export interface ClientMetrics {
  /**
   * One request: repetitions count.
   * @param call.resource plural, with the subresource if any: `jobs`, `jobs/status`
   * @param call.code HTTP status, or `none` without an answer
   */
  call(call: { verb: Verb; resource: string; code: string; seconds: number }): void;
  /** A call waited for the client's own rate limit. */
  throttled?(seconds: number): void;
}
