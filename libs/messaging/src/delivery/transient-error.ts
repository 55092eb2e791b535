/**
 * Whether an error says of itself, with `transient: true`, that something is away or full and will come back: the object
 * store, for example. Its message is tried until then; it never becomes a dead letter.
 */
export function isTransient(error: unknown): boolean {
  return (error as { transient?: unknown } | null | undefined)?.transient === true;
}
