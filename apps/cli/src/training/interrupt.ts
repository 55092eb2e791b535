import { exitCodes } from '../exit-codes';

export interface Interrupt {
  signal: AbortSignal;
  release(): void;
}

/**
 * The first Ctrl-C asks to stop, the second ends the process. While `isTraining` says no there is nothing to save,
 * so the first one ends it.
 */
export function listenForInterrupt(isTraining: () => boolean, tell: (text: string) => void): Interrupt {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted || !isTraining()) process.exit(exitCodes.interrupted);
    controller.abort();
    tell('Stopping: finishing this step and saving a checkpoint; press Ctrl-C again to stop at once.');
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
