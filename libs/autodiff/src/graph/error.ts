/** An invalid graph. Thrown while the graph is built, with the name of the op. */
export class GraphError extends Error {
  constructor(
    readonly op: string,
    detail: string,
  ) {
    super(`${op}: ${detail}`);
    this.name = 'GraphError';
  }
}
