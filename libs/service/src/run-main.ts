/** Runs a service's `main.ts`: if the start fails, it prints the error message and exits with code 1. */
export async function runMain(start: () => Promise<unknown>): Promise<void> {
  try {
    await start();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    // Without it, connections that are still retrying would keep the process running.
    process.exit(1);
  }
}
