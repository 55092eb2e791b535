import { exitCodes } from '../exit-codes';

export interface Interrupt {
  signal: AbortSignal;
  release(): void;
}

/** One Ctrl-C may come twice: from the terminal, and passed on by npm. */
const SAME_KEY_MS = 300;

/**
 * The first Ctrl-C asks to stop, the second ends the process. While `isTraining` says no there is nothing to save,
 * so the first one ends it.
 */
export function listenForInterrupt(isTraining: () => boolean, print: (text: string) => void): Interrupt {
  const controller = new AbortController();
  let askedAt = 0;
  const onSignal = () => {
    if (!controller.signal.aborted && isTraining()) {
      askedAt = Date.now();
      controller.abort();
      print('Stopping: finishing this step and saving a checkpoint; press Ctrl-C again to stop immediately.');
    } else if (Date.now() - askedAt > SAME_KEY_MS) {
      process.exit(exitCodes.interrupted);
    }
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
