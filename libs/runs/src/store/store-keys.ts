/** Where the parts of a run lie in the object store. */

/** The run's record: attempts, checkpoints, completion (`run-record.ts`). */
export const recordKey = (runId: string): string => `runs/${runId}/record.json`;

/** The generation up to which the run is cancelled. */
export const cancellationKey = (runId: string): string => `runs/${runId}/cancel.json`;

/** Attempts at the run that ended their process. */
export const attemptsKey = (runId: string): string => `runs/${runId}/attempts.json`;

/** The checkpoints of a run are published below this prefix, each under its own prefix. */
export const checkpointPrefix = (runId: string): string => `runs/${runId}/checkpoints`;

/** The models of a run are published here; the one that its completion names is the current one. */
export const modelPrefix = (runId: string): string => `models/${runId}`;

/** Weights and experience that the services of a run exchange while it goes on, in a folder for each learner. */
export const exchangePrefix = (runId: string): string => `runs/${runId}/exchange`;

/** The run that exchanged the object of this key; null for any other key. */
export const runOfExchange = (key: string): string | null =>
  /^runs\/([^/]+)\/exchange\//.exec(key)?.[1] ?? null;

/** The run whose checkpoint lies at this key or prefix; null for any other key. */
export const runOfCheckpoint = (key: string): string | null =>
  /^runs\/([^/]+)\/checkpoints\//.exec(key)?.[1] ?? null;
