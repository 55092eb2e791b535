import { exitOnSignal } from './exit-on-signal';
import { printFailure } from './print-failure';

/**
 * Starts a service. If the start fails, it prints the error message and exits with code 1; a signal during the start ends the
 * process.
 */
export async function runMain(start: () => Promise<unknown>): Promise<void> {
  const started = exitOnSignal();
  try {
    await start();
    started();
  } catch (error) {
    printFailure(error);
    // Without it, connections that are still retrying would keep the process running.
    process.exit(1);
  }
}
