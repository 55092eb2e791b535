import { constants } from 'node:os';
import { replaceListeners } from '@open-chatgpt/service/exit-on-signal';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** A request to this process to stop. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /** Number of the signal that was received, such as 15 for SIGTERM; 0 before. */
  readonly number: number;
}

/** Listens for SIGTERM and SIGINT, from now on, in place of earlier listeners. */
export function listenForStop(): StopSignal {
  const controller = new AbortController();
  const stop = { signal: controller.signal, number: 0 };
  for (const name of SIGNALS)
    replaceListeners(name, () => {
      stop.number ||= constants.signals[name];
      controller.abort();
    });
  return stop;
}
