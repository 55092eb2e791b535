let last: Promise<unknown> = Promise.resolve();

/**
 * Does the work on models when what this process began before is done: sampling and scoring beside each other would take
 * the cores from each other, and both together last longer.
 */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work);
  last = done.catch(() => undefined);
  return done;
}
