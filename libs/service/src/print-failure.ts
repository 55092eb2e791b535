import { printableLines } from '@open-chatgpt/untrusted';

/** Prints why a process fails to stderr. The message may quote texts of others. */
export function printFailure(error: unknown): void {
  process.stderr.write(`${printableLines(error instanceof Error ? error.message : String(error))}\n`);
}
