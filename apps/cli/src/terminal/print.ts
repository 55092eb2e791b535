import { printableJson, printableLines } from '@open-chatgpt/untrusted';

/** Prints a line to stdout. Rows, names, answers and messages of others cannot steer the terminal. */
export function print(text = ''): void {
  printPart(`${text}\n`);
}

/** Prints a part of a line to stdout, such as a piece of an answer. */
export function printPart(text: string): void {
  process.stdout.write(printableLines(text));
}

/** Prints a line to stderr: stdout is for the command's result. */
export function printAside(text: string): void {
  process.stderr.write(`${printableLines(text)}\n`);
}

/** Prints one JSON object on one line of stdout, for `--json`. */
export function printJson(value: object): void {
  process.stdout.write(`${printableJson(value)}\n`);
}

/** A text in one of the eight colours of terminals: 31 is red, 32 green. */
export interface Part {
  text: string;
  color?: number;
}

/** Prints a line of parts to stdout, in their colours if it is a terminal. */
export function printParts(parts: readonly Part[]): void {
  for (const { text, color } of parts) {
    const shown = printableLines(text);
    const colored = color !== undefined && process.stdout.isTTY;
    process.stdout.write(colored ? `\u001b[${color}m${shown}\u001b[0m` : shown);
  }
  process.stdout.write('\n');
}
