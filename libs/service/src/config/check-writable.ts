import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { variableOf } from './load-config';

/**
 * Checks, when a service starts, that a folder can be written, or made where it is missing. Makes nothing.
 * @param field of the configuration that names the folder
 * @throws Error that names the folder and the variable
 */
export function checkWritable(field: string, folder: string): void {
  let existing = resolve(folder);
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  try {
    if (!statSync(existing).isDirectory()) throw new Error(`${existing} is a file`);
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(
      `the folder ${resolve(folder)} cannot be written (${(error as Error).message}); make it writable, or set ${variableOf(field)} to another one`,
    );
  }
}
