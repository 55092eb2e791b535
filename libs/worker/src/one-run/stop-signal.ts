import { constants } from 'node:os';
import { replaceListeners } from '@open-chatgpt/service/exit-on-signal';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** A request to this process to stop. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /** Number of the signal that was received, such as 15 for SIGTERM; 0 before. */
  readonly number: number;
  /** Stops as on this signal. */
  receive(number: number): void;
}

/** Listens for SIGTERM and SIGINT, from now on, in place of earlier listeners. */
export function listenForStop(): StopSignal {
  const controller = new AbortController();
  const stop = {
    signal: controller.signal,
    number: 0,
    receive(number: number) {
      stop.number ||= number;
      controller.abort();
    },
  };
  for (const name of SIGNALS) replaceListeners(name, () => stop.receive(constants.signals[name]));
  return stop;
}
