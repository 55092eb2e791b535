import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes a CUDA folder whose assembler writes empty kernels, for programs that are compiled and not executed. XLA assigns memory before it
 * assembles kernels, so no figure of a program depends on them, and they take half of the processor time. All else is as in `cudaFolder`.
 * The folder is removed when the process ends.
 *
 * @param cudaFolder with `bin/ptxas` and the library of device functions in `nvvm`
 * @returns the path of the folder
 */
export function withEmptyAssembler(cudaFolder: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'openchat-cuda-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'bin'));
  symlinkSync(join(cudaFolder, 'nvvm'), join(folder, 'nvvm'));
  const ptxas = `'${join(cudaFolder, 'bin', 'ptxas').replaceAll("'", "'\\''")}'`;
  // XLA assembles with "ptxas INPUT -o OUTPUT …", and asks for versions without "-o".
  const script = `#!/bin/sh\n[ "$2" = -o ] || exec ${ptxas} "$@"\n: > "$3"\n`;
  writeFileSync(join(folder, 'bin', 'ptxas'), script, { mode: 0o755 });
  return folder;
}
