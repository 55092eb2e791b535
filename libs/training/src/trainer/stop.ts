import { StepAbandoned, TrainingInterrupted } from './errors';

/** @throws StepAbandoned when the run is to stop. To be called before each execution of a graph whose result can be computed again */
export function checkStop(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new StepAbandoned();
}

/**
 * Waits for work that changes nothing of the run, such as sampling or reading a dataset. Once the run is to stop, the work is
 * abandoned: it may continue unobserved until the process ends.
 * @param discard called with a result that comes too late, to release what it holds
 * @throws StepAbandoned when the run is to stop
 */
export async function untilStop<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  discard: (result: T) => unknown = () => undefined,
): Promise<T> {
  if (!signal) return work;
  let abandon = () => {};
  const stopped = new Promise<never>((_, reject) => {
    abandon = () => reject(new StepAbandoned());
    if (signal.aborted) abandon();
    else signal.addEventListener('abort', abandon, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } catch (error) {
    // Nobody waits for its result any more.
    if (error instanceof StepAbandoned) work.then(discard).catch(() => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', abandon);
  }
}

/**
 * Does work that a resumed run repeats from the checkpoint of `step`.
 * @param checkpoint its path, or how to save it
 * @throws TrainingInterrupted when the run is to stop
 */
export async function orInterrupted<T>(
  work: () => Promise<T>,
  step: number,
  checkpoint: string | null | (() => Promise<string | null>),
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StepAbandoned)) throw error;
    throw new TrainingInterrupted(step, typeof checkpoint === 'function' ? await checkpoint() : checkpoint);
  }
}
