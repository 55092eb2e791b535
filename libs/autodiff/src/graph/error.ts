/** A mistake in how a graph is put together; raised while it is built, naming the op. */
export class GraphError extends Error {
  constructor(
    readonly op: string,
    detail: string,
  ) {
    super(`${op}: ${detail}`);
    this.name = 'GraphError';
  }
}
