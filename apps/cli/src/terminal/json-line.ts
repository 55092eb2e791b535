/** One JSON object on one line of stdout: what `--json` prints, and nothing else. */
export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
