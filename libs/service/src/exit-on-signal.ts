import { constants } from 'node:os';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Ends the process at once on SIGTERM or SIGINT, while there is nothing to finish. As the first process of a container, Node
 * ignores these signals until it listens. Replaces earlier listeners.
 * @returns ends the listening
 */
export function exitOnSignal(): () => void {
  const exit = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal]);
  for (const signal of SIGNALS) replaceListeners(signal, exit);
  return () => {
    for (const signal of SIGNALS) process.off(signal, exit);
  };
}

/** Adds the listener before it removes the earlier ones: a signal that arrived while modules loaded would be lost otherwise. */
export function replaceListeners(signal: NodeJS.Signals, listener: NodeJS.SignalsListener): void {
  const earlier = process.listeners(signal);
  process.on(signal, listener);
  for (const one of earlier) process.off(signal, one as NodeJS.SignalsListener);
}
