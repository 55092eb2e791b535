import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Ends the process at once on SIGTERM or SIGINT, while there is nothing to finish. As the first process of a container, Node
 * ignores these signals until it listens. Replaces earlier listeners.
 * @returns ends the listening
 */
export function exitOnSignal(): () => void {
  const exit = (signal: (typeof SIGNALS)[number]) => process.exit(128 + constants.signals[signal]);
  for (const signal of SIGNALS) process.removeAllListeners(signal).on(signal, exit);
  return () => {
    for (const signal of SIGNALS) process.off(signal, exit);
  };
}
