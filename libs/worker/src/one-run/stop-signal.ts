import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** A request to this process to stop. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /** Number of the signal that was received, such as 15 for SIGTERM; 0 before. */
  readonly number: number;
}

/**
 * Listens for SIGTERM and SIGINT, from now on. To be called first: as the first process of a container, Node ignores these
 * signals until it listens.
 */
export function listenForStop(): StopSignal {
  const controller = new AbortController();
  const stop = { signal: controller.signal, number: 0 };
  for (const name of SIGNALS)
    process.on(name, () => {
      stop.number ||= constants.signals[name];
      controller.abort();
    });
  return stop;
}
