import { readFileSync } from 'node:fs';
import { contractOf, type DataOf } from '@open-chatgpt/events';
import { type AlgorithmName, descriptorOf, shareService } from '@open-chatgpt/pipeline';
import { z } from 'zod';

/** A request for a run: the time of the event `run.requested`, and its data. */
export interface RunRequest {
  time: string;
  data: DataOf<'run.requested'>;
}

const schema = z.strictObject({
  time: z.iso.datetime({ offset: true, error: 'expected a time such as 2026-01-31T12:00:00Z' }),
  data: contractOf('run.requested').data,
});

/** @throws Error that names the file and the field that is wrong */
export function readRequestFile(file: string, algorithm: AlgorithmName): RunRequest {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`request ${file}: cannot be read: ${(error as Error).message}`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new Error(`request ${file}: is not JSON: ${(error as Error).message}`);
  }
  const { success, data: request, error } = schema.safeParse(content);
  if (!success) {
    const faults = error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`);
    throw new Error(`request ${file}: ${faults.join('; ')}`);
  }
  const wanted = request.data.algorithm;
  if (!shareService(wanted, algorithm))
    throw new Error(
      `request ${file}: data.algorithm: is "${wanted}", but this is ${descriptorOf(algorithm).service}, which executes ` +
        `"${algorithm}"; use ${descriptorOf(wanted).service}`,
    );
  return request;
}
