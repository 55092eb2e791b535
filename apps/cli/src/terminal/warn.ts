import { printable } from './printable';

/** Long enough for the sentences about a model's files. */
const LONGEST = 600;

/** Prints warnings to stderr: stdout is for the command's result. */
export function printWarnings(warnings: readonly string[]): void {
  for (const warning of warnings) console.error(`Warning: ${printable(warning, LONGEST)}`);
}
