import { printable } from '@open-chatgpt/untrusted';
import { printAside } from './print';

/** Long enough for the sentences about a model's files. */
const LONGEST = 600;

/** Prints warnings to stderr: stdout is for the command's result. */
export function printWarnings(warnings: readonly string[]): void {
  for (const warning of warnings) printAside(`Warning: ${printable(warning, LONGEST)}`);
}
