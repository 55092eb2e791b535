/**
 * Writes the package.json of each workspace as the lock file describes it, with the dependencies among them and no scripts:
 * all that `npm ci` reads of them. So the installed packages depend on the lock file alone, and a change of a source file
 * does not install them again.
 *
 * node workspaces.mjs     in the folder of package-lock.json
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
for (const { resolved, link } of Object.values(packages)) {
  if (!link) continue;
  mkdirSync(resolved, { recursive: true });
  writeFileSync(join(resolved, 'package.json'), JSON.stringify(packages[resolved]));
}
