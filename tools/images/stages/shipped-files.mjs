import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The files of a project that run: its manifest, its compiled code without what only specs import, and what starts it.
 * @returns paths relative to the folder
 */
export function shippedFiles(folder) {
  const code = ['dist', 'bin']
    .filter((group) => existsSync(join(folder, group)))
    .flatMap((group) =>
      readdirSync(join(folder, group), { recursive: true }).map((file) => join(group, file)),
    );
  return ['package.json', ...code]
    .filter((file) => !/^dist\/testing\/|\.d\.[cm]?ts$|\.map$|\.tsbuildinfo$/.test(file))
    .filter((file) => statSync(join(folder, file)).isFile())
    .sort();
}
