import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  checkWritable,
  loadConfig,
  openStore,
  printFailure,
  serviceConfigSchema,
} from '@open-chatgpt/service';
import { isRetryable } from '../is-retryable';
import { importModel } from './import-model';

/** As the processes that execute one run: 65, another attempt fails too; 75, the store or the network did not respond. */
const FAILED = 65;
const UNAVAILABLE = 75;

/** Kubernetes cuts a longer termination message. */
const LONGEST_ERROR = 3000;

/** The program `data-ingestion import-model --source SOURCE --id ID`: it imports one model and says what it has found. */
export async function importCommand(args: readonly string[]): Promise<number> {
  try {
    const { source, id } = parseImport(args);
    const config = loadConfig(serviceConfigSchema);
    checkWritable('workDir', config.workDir);
    const imported = await importModel({
      source,
      modelId: id,
      store: openStore(config),
      workDir: resolve(config.workDir),
    });
    report({ outcome: 'imported', ...imported });
    return 0;
  } catch (error) {
    const message = (error as Error).message.slice(0, LONGEST_ERROR);
    const retryable = isRetryable(error);
    printFailure(message);
    report({
      outcome: 'failed',
      error: { code: retryable ? 'ServiceUnavailable' : 'ImportFailed', message },
    });
    return retryable ? UNAVAILABLE : FAILED;
  }
}

/** @throws Error that names the argument */
function parseImport(args: readonly string[]): { source: string; id: string } {
  const { values } = parseArgs({
    args: [...args],
    options: { source: { type: 'string' }, id: { type: 'string' } },
  });
  const { source, id } = values;
  if (!source) throw new Error('import-model: name the model with --source');
  if (!id || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(id))
    throw new Error('import-model: --id: expected letters, digits, ".", "_" and "-", at most 128');
  return { source, id };
}

/** Writes the outcome where Kubernetes reads it, and to standard output. */
function report(outcome: object): void {
  const text = JSON.stringify(outcome);
  process.stdout.write(`${text}\n`);
  const named = process.env['OPEN_CHATGPT_TERMINATION_LOG'];
  const file = named || (existsSync('/dev/termination-log') ? '/dev/termination-log' : undefined);
  if (file !== undefined) writeFileSync(file, text);
}
