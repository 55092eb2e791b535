import { existsSync, writeFileSync } from 'node:fs';
import type { OneRunEnd } from './one-run-end';

/** Where Kubernetes reads the message of a container that has ended. */
const DEFAULT_FILE = '/dev/termination-log';
/** Kubernetes cuts a longer message. */
const MAX_BYTES = 4096;

/** The file of the termination message: of OPEN_CHATGPT_TERMINATION_LOG, else that of Kubernetes where it exists. */
function terminationFile(variables: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = variables['OPEN_CHATGPT_TERMINATION_LOG'];
  return named || (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
}

/** The end of a run as JSON of at most 4096 bytes: a longer error message is cut. */
export function terminationMessage(runId: string | undefined, { exitCode: _, ...end }: OneRunEnd): string {
  const { outcome, attempt, step, model, error } = end;
  const format = (message: string | undefined) =>
    JSON.stringify({ runId, attempt, step, outcome, model, error: error && { ...error, message } });
  for (let length = error?.message.length ?? 0; ; length = Math.floor(length * 0.9)) {
    const text = format(error?.message.slice(0, length));
    if (Buffer.byteLength(text) <= MAX_BYTES || length === 0) return text;
  }
}

/** @throws Error of the file system */
export function writeTerminationMessage(runId: string | undefined, end: OneRunEnd): void {
  const file = terminationFile();
  if (file !== undefined) writeFileSync(file, terminationMessage(runId, end));
}
