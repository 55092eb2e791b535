/** What a service's `main.ts` does: a start that fails is told in one message, and ends the process with code 1. */
export async function runMain(start: () => Promise<unknown>): Promise<void> {
  try {
    await start();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    // Connections that are being tried again would keep the process.
    process.exit(1);
  }
}
