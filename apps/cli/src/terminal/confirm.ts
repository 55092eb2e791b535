import { createInterface } from 'node:readline/promises';
import { printableLines } from '@open-chatgpt/untrusted';
import { UsageError } from '../exit-codes';

/** Asks the user for confirmation. @throws UsageError without a terminal */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError(`${question} There is no terminal to confirm at; use --yes.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(printableLines(`${question} [y/N] `))).trim());
  } finally {
    terminal.close();
  }
}
